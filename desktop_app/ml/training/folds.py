"""Cross-validation: a model for each part of the images, which learns from the others and is scored on that part.

The model that is kept learns from all images, so that there is none left to choose its best state or its decoding
with. The models of the parts are therefore made as it is: their last state counts, and each part is decoded as suits
the other parts. So its score is that of a way of training on images that nothing was chosen with (Varma and Simon 2006,
"Bias in error estimation when using cross-validation for model selection", doi 10.1186/1471-2105-7-91).

Where a model is improved, the parts may also decide whether levels stay frozen: each is then learned both ways. That
one choice between two is made with the images that are scored, so the score of the better way is a little too
friendly; the scores of both stand beside it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desktop_app.core.config.folds import models_in_turn, ways_in_turn
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext, JobEvent, Metric, Note, Preview, QuietContext, SteadyContext, SubContext
from desktop_app.core.score_trust import ScoreTrust
from desktop_app.core.training_result import Kept
from desktop_app.io.atomic import make_folder
from desktop_app.io.models import MODEL_SUFFIX, load_card
from desktop_app.ml.data.folds import Folds, folds_of, load_folds
from desktop_app.ml.inference.loading import load_predictor, network_of, predictor_of
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.base import Recipe, Task, shown_scores
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.recipes.score_uncertainty import needed_gain
from desktop_app.ml.training.checkpoints import has_checkpoint, load_progression, load_weights
from desktop_app.ml.training.critic import Critic
from desktop_app.ml.training.learning import learn, new_trainer
from desktop_app.ml.training.patches import Patches
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.saving import save_trained
from desktop_app.ml.training.score_trust import ImageScores, trust_of_parts
from desktop_app.ml.training.validation import scores_of_images, tuned_decoding
from desktop_app.ml.training.watching import Watching
from desktop_app.ml.training.weight_averaging import settle_weights, start_weights

FOLDS_FILE, FOLDER = "parts.json", "parts"
_FREE = "all-levels"


@dataclass(frozen=True, slots=True)
class Checked:
    """What cross-validation found.

    Attributes:
        config: Of the way of learning that did best.
        scores: Of all images that were kept aside once, pooled, with their counts.
        before: The same of the model that is improved; empty without one.
        trust: How far they can be trusted.
        decode: Parameters of decoding: the middle of what suits each part.
        critic: Has looked at all of these images.
        watching: Heard a preview of them.
        kept: What most parts kept where a model is improved.
    """

    config: TrainingConfig
    scores: dict[str, float]
    before: dict[str, float]
    trust: ScoreTrust
    decode: dict[str, Any]
    critic: Critic
    watching: Watching
    kept: Kept


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that has its model."""

    plan: TrainingPlan
    model: Path


@dataclass(frozen=True, slots=True)
class _PartContext:
    """A part of a cross-validation: its progress is a share of the whole, its loss a curve of its own."""

    ctx: SubContext
    name: str

    def report(self, event: JobEvent) -> None:
        """Pass progress, warnings, the loss and what is found in images kept aside on; pictures come of all parts."""
        if isinstance(event, Metric):
            if event.name != "loss/train":
                return
            event = Metric(f"loss/part {self.name}", event.step, event.value)
        if isinstance(event, Preview) or (isinstance(event, Note) and event.level == "info"):
            return
        self.ctx.report(event)

    def raise_if_cancelled(self) -> None:
        """Stop where the job is asked to stop."""
        self.ctx.raise_if_cancelled()


def kept_folds(config: TrainingConfig, run: Path) -> Folds:
    """The parts of a run, dealt out and written down when it begins.

    Raises:
        UserError: If there is nothing to deal out.
    """
    dataset = config.dataset
    found = load_folds(run / FOLDS_FILE, dataset.pairs)
    if found is not None:
        return found
    folds = folds_of(dataset)
    folds.save(run / FOLDS_FILE)
    return folds


def config_of_part(config: TrainingConfig, folds: Folds, number: int) -> TrainingConfig:
    """The training that leaves a part out: it is checked once, at its end, as the whole one is not checked at all."""
    checked = config.validation.model_copy(update={"every": config.optimisation.iterations, "patience": 0})
    return config.model_copy(
        update={
            "name": f"{config.name}, without part {number}",
            "dataset": folds.kept_aside(config.dataset, number),
            "validation": checked,
        }
    )


def config_of_whole(config: TrainingConfig, folds: Folds) -> TrainingConfig:
    """The training of the model that is kept."""
    return config.model_copy(update={"dataset": folds.whole(config.dataset)})


def folder_of_part(run: Path, number: int, *, free: bool = False) -> Path:
    """Where the training that leaves a part out is kept; ``free``: the one in which all levels learn, too."""
    return run / FOLDER / (f"{number}-{_FREE}" if free else str(number))


def has_part_begun(run: Path) -> bool:
    """Whether a training of a part has a state to go on from."""
    return any((run / FOLDER).glob("*/checkpoints/last/state.json"))


def check_parts(config: TrainingConfig, folds: Folds, run: Path, ctx: JobContext) -> Checked:
    """Train a model for each part, going on where an earlier start was stopped, and score all images that it left out.

    Raises:
        JobCancelled: When the user stops; what is done stays done.
        UserError: If data, device or disk do not play along.
    """
    ways = ways_in_turn(config)
    share, begun = 1 / models_in_turn(config), 0
    found: list[list[_Part]] = [[] for _ in ways]
    for number in range(1, folds.count + 1):
        for place, way in enumerate(ways):
            free = ", all levels" if place else ""
            part = SubContext(ctx, begun * share, share, f"Part {number} of {folds.count}{free}: ")
            begun += 1
            folder = folder_of_part(run, number, free=place > 0)
            quiet = _PartContext(part, f"{number}{free}")
            found[place].append(_trained(config_of_part(way, folds, number), folder, quiet))
        name = ", ".join(dict.fromkeys(image.specimen for image in found[0][-1].plan.data.validation))
        ctx.report(Note("info", f"Part {number} of {folds.count}: a model that has not seen {name}."))
    ctx.report(Note("info", "Scoring each part with the model that has not seen it."))
    if len(ways) == 1:
        return _scored(config, found[0], ctx)
    place, words = _decided([_compared(parts, ctx) for parts in found])
    checked = _scored(ways[place], found[place], ctx)
    return replace(checked, trust=replace(checked.trust, decided=words))


@dataclass(frozen=True, slots=True)
class _Compared:
    """How a way of learning did: the scores of all parts, pooled, and the score of each."""

    pooled: dict[str, float]
    each: tuple[float, ...]

    @property
    def words(self) -> str:
        """The score with its range over the parts."""
        low, high = min(self.each), max(self.each)
        return f"{self.pooled.get('score', 0.0):.3f} ({low:.3f} to {high:.3f})"


def _compared(parts: Sequence[_Part], ctx: JobContext) -> _Compared:
    """Scores of a way of learning on all parts, in silence."""
    recipe = recipe_named(parts[0].plan.config.recipe)
    of_parts = [images for images, _ in _images_scored(parts, Watching(QuietContext(ctx)), None)]
    each = tuple(_pooled(images, recipe).get("score", 0.0) for images in of_parts)
    return _Compared(_pooled([one for images in of_parts for one in images], recipe), each)


def _decided(ways: Sequence[_Compared]) -> tuple[int, str]:
    """Which way did best, frozen levels being the first, and why in a sentence: the other must win by more than chance.

    Labels of few images are easily learned by heart, so that frozen levels are right until images say otherwise.
    """
    frozen, free = ways
    gain = free.pooled.get("score", 0.0) - frozen.pooled.get("score", 0.0)
    won = gain > needed_gain(frozen.pooled)
    verdict = "all levels have learned" if won else "the frozen levels stayed as they were"
    close = "" if won or gain <= 0 else ", as the gain may be chance"
    words = (
        f"Of {len(frozen.each)} parts the score was {frozen.words} with frozen levels and {free.words} with all levels "
        f"learning: {verdict}{close}."
    )
    return int(won), words


def _trained(config: TrainingConfig, folder: Path, ctx: _PartContext) -> _Part:
    """The model that leaves a part out; made once."""
    make_folder(folder)
    quiet = SteadyContext(ctx)
    plan = TrainingPlan.of(config, folder, quiet.beside)
    model = folder / f"{config.name}{MODEL_SUFFIX}"
    if model.exists():
        return _Part(plan, model)
    patches = Patches(plan, quiet.beside)
    trainer = new_trainer(plan, patches, quiet, resume=has_checkpoint(folder / "checkpoints" / "last"))
    learn(trainer)
    network = network_of(plan.card)
    network.load_state_dict(load_weights(trainer.best))
    predictor = predictor_of(plan.card, network, plan.device)
    start = start_weights(config, network)
    kept: Kept = "learned" if start is None else settle_weights(predictor, start, patches, quiet)
    few = plan.data.validation[: config.validation.max_images]
    card = tuned_decoding(predictor, few, plan.task, QuietContext(quiet)).card
    best = load_progression(trainer.best)
    best.best_scores = {}
    save_trained(plan, card, best, network.state_dict(), "finished", kept=kept)
    return _Part(plan, model)


def _scored(config: TrainingConfig, parts: Sequence[_Part], ctx: JobContext) -> Checked:
    """Scores of all parts, each decoded as suits the others."""
    first = parts[0].plan
    recipe, task = recipe_named(first.config.recipe), first.task
    cards = [load_card(part.model) for part in parts]
    critic, watching = Critic(recipe, task), Watching(ctx)
    scores: list[ImageScores] = []
    before: list[ImageScores] = []
    for part, (images, predictor) in zip(parts, _images_scored(parts, watching, critic), strict=True):
        scores += images
        before += _before(predictor, part.plan, task, ctx)
    kept = Counter(str(card.training.get("kept", "learned")) for card in cards).most_common(1)[0][0]
    return Checked(
        config=config,
        scores=_pooled(scores, recipe),
        before=shown_scores(_pooled(before, recipe)),
        trust=trust_of_parts(scores, recipe, [part.plan.data for part in parts]),
        decode=middle_of([card.decode for card in cards]),
        critic=critic,
        watching=watching,
        kept=kept,  # type: ignore[arg-type]
    )


def _images_scored(
    parts: Sequence[_Part], watching: Watching, critic: Critic | None
) -> Iterator[tuple[list[ImageScores], Predictor]]:
    """Scores of the images of each part by its model, decoded as suits the other parts; and that model."""
    cards = [load_card(part.model) for part in parts]
    for place, part in enumerate(parts):
        predictor = load_predictor(part.model, part.plan.config.device)
        others = [card.decode for number, card in enumerate(cards) if number != place]
        predictor.card = predictor.card.model_copy(update={"decode": middle_of(others)})
        images = part.plan.data.validation
        yield scores_of_images(predictor, images, part.plan.task, watching, 0, final=True, critic=critic), predictor


def _before(predictor: Predictor, plan: TrainingPlan, task: Task, ctx: JobContext) -> list[ImageScores]:
    """Scores of the model that is improved, on the images of a part; none without one."""
    start = start_weights(plan.config, predictor.network)
    if start is None:
        return []
    predictor.network.load_state_dict(start)
    predictor.card = plan.card
    return scores_of_images(predictor, plan.data.validation, task, QuietContext(ctx), 0, final=True)


def _pooled(found: Sequence[ImageScores], recipe: Recipe) -> dict[str, float]:
    return recipe.pool([one.scores for one in found]) if found else {}


def middle_of(decodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Parameters of decoding between those of several parts: the median of numbers, else what most of them have."""
    found: dict[str, Any] = {}
    for name, first in decodes[0].items():
        values = [decode[name] for decode in decodes]
        if isinstance(first, bool) or not isinstance(first, int | float):
            found[name] = max(values, key=values.count)
        else:
            middle = statistics.median(values)
            found[name] = round(middle) if isinstance(first, int) else middle
    return found
