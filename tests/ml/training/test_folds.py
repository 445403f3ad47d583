from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.folds import models_in_turn, ways_in_turn
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import FoundLabels, JobCancelled, JobEvent, Metric, Note, Progress, RecordingContext
from desktop_app.core.score_trust import parts_of, ranges_of
from desktop_app.io.json_files import read_json
from desktop_app.io.models import load_card
from desktop_app.jobs.train.results import read_result
from desktop_app.jobs.train.run import continue_training, finish_run, load_run_config, resume_training, train_model
from desktop_app.ml.training.checkpoints import load_weights
from desktop_app.ml.training.folds import middle_of

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


class StopAt(RecordingContext):
    """The user stops when a step is done."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message, self.stopped = message, False

    def report(self, event: JobEvent) -> None:
        self.events.append(event)
        self.stopped |= isinstance(event, Progress) and event.message == self.message

    def raise_if_cancelled(self) -> None:
        if self.stopped:
            raise JobCancelled


def in_turn(config: TrainingConfig, folds: int) -> TrainingConfig:
    return config.model_copy(update={"dataset": config.dataset.in_turn(folds)})


def test_all_images_are_scored_and_the_model_learns_from_all(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config, context = in_turn(tiny_config(phantom_pairs(3)), 3), RecordingContext()
    result = train_model(config, context)
    card = load_card(result.model)
    assert (result.trust.parts, result.trust.images, len(result.trust.specimens)) == (3, 3, 3)
    assert result.trust.known_specimens == ()
    assert parts_of(card.training) == 3
    assert ranges_of(card.training) == result.trust.ranges
    assert "3 models each left out a part" in (result.model / "README.md").read_text()
    assert card.metrics["dice"] == pytest.approx(result.scores["dice"], abs=1e-5)
    assert result.advice is not None
    assert result.advice.checked == result.objects
    assert set(read_json(result.run / "split.json")["parts"]) == {"train"}
    asides = [read_json(result.run / "parts" / str(n) / "split.json")["parts"] for n in (1, 2, 3)]
    assert sorted(parts.index("validation") for parts in asides) == [0, 1, 2]
    fractions = [event.fraction for event in context.of_kind(Progress) if event.total]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    curves = {metric.name for metric in context.of_kind(Metric)}
    assert {f"loss/part {n}" for n in (1, 2, 3)} < curves
    assert "loss/validation" not in curves
    files = {str(Path(pair.image).absolute()) for pair in config.dataset.pairs}
    assert {found.file for found in context.of_kind(FoundLabels)} == files  # each by a model that had not seen it
    read = read_result(result.run)
    assert read is not None
    assert read.model == result.model
    assert (read.trust.parts, read.trust.ranges) == (3, result.trust.ranges)


def test_a_part_is_decoded_as_suits_the_others(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What suits a part empties its own picture, so that a score above nothing comes from the others."""
    from desktop_app.ml.training import folds as module
    from desktop_app.ml.training import validation

    used: list[int] = []
    scored = module.scores_of_images

    def scores_of_images(predictor: Any, *args: Any, **named: Any) -> Any:
        used.append(predictor.card.decode["min_size"])
        return scored(predictor, *args, **named)

    tuned = iter([100, 300, 700])

    def tuned_decoding(predictor: Any, *_: Any) -> Any:
        card = predictor.card
        return validation.Tuning(card.model_copy(update={"decode": {**card.decode, "min_size": next(tuned)}}))

    monkeypatch.setattr(module, "scores_of_images", scores_of_images)
    monkeypatch.setattr(module, "tuned_decoding", tuned_decoding)
    result = train_model(in_turn(tiny_config(phantom_pairs(3)), 3), RecordingContext())
    assert used == [500, 400, 200]
    assert load_card(result.model).decode["min_size"] == 300


def test_a_stopped_run_goes_on_where_it_was(phantom_pairs: Pairs, tiny_config: Config) -> None:
    pairs = phantom_pairs(2)
    straight = train_model(in_turn(tiny_config(pairs, run="straight"), 2), RecordingContext())
    config = in_turn(tiny_config(pairs, run="stopped"), 2)
    run = Path(config.output)
    with pytest.raises(JobCancelled):
        train_model(config, StopAt("Part 2 of 2: Step 3 of 4"))
    assert not list(run.glob("*.vwmodel"))
    first = (run / "parts" / "1" / "tiny, without part 1.vwmodel" / "model.json").stat().st_mtime_ns
    with pytest.raises(UserError, match="no model yet"):
        finish_run(run)
    with pytest.raises(UserError, match="only go on as it was"):
        continue_training(run, Continuation(steps=5), RecordingContext())
    resumed = resume_training(run, RecordingContext())
    assert (run / "parts" / "1" / "tiny, without part 1.vwmodel" / "model.json").stat().st_mtime_ns == first
    assert resumed.scores == straight.scores
    one, two = (load_weights(folder / "checkpoints" / "last") for folder in (straight.run, run))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_stopping_the_last_model_keeps_it_with_the_scores_of_the_parts(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    config = in_turn(tiny_config(phantom_pairs(2)), 2)
    with pytest.raises(JobCancelled):
        train_model(config, StopAt("Step 3 of 4"))
    kept = finish_run(Path(config.output))
    assert (kept.stopped, kept.trust.parts) == ("cancelled", 2)
    assert "dice" in kept.scores


def test_minutes_are_those_of_each_model(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = in_turn(tiny_config(phantom_pairs(2)), 2)
    timed = config.model_copy(update={"optimisation": config.optimisation.model_copy(update={"minutes": 0.001})})
    result = train_model(timed, RecordingContext())
    assert load_run_config(result.run).optimisation.iterations == 20
    steps = {event.rpartition(" ")[2] for event in _step_messages(result.run / "parts" / "2" / "metrics.csv")}
    assert steps == {"20"}


def _step_messages(curves: Path) -> list[str]:
    """The last step of a run's curves, as words."""
    return [f"step {max(int(line.split(',')[0]) for line in curves.read_text().splitlines()[1:])}"]


def test_improving_a_model_keeps_what_most_parts_kept(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = phantom_pairs(2)
    first = train_model(tiny_config(pairs, run="first"), RecordingContext())
    wanted: list[Any] = []
    from desktop_app.ml.training import folds, run

    monkeypatch.setattr(folds, "settle_weights", lambda *_: "mean")
    monkeypatch.setattr(run, "settle_weights", lambda *args: wanted.append(args[-1]) or args[-1])
    improved = train_model(
        in_turn(tiny_config(pairs, run="second", start_from=str(first.model)), 2), RecordingContext()
    )
    assert wanted == ["mean"]
    assert improved.kept == "mean"
    assert "start/dice" in improved.scores


def test_decoding_of_the_whole_lies_between_those_of_the_parts() -> None:
    decodes = [
        {"a": 1, "b": 0.2, "c": "x", "d": True},
        {"a": 2, "b": 0.4, "c": "y", "d": False},
        {"a": 9, "b": 0.6, "c": "y", "d": False},
    ]
    assert middle_of(decodes) == {"a": 2, "b": 0.4, "c": "y", "d": False}


@pytest.mark.parametrize(("needed", "levels"), [(-1.0, "all levels have learned"), (2.0, "the frozen levels stayed")])
def test_parts_decide_whether_levels_stay_frozen(
    needed: float, levels: str, phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desktop_app.ml.training import folds as module

    monkeypatch.setattr(module, "needed_gain", lambda _scores: needed)
    pairs = phantom_pairs(2)
    first = train_model(tiny_config(pairs, run="first"), RecordingContext())
    base = tiny_config(pairs, run="second", start_from=str(first.model))
    frozen = base.optimisation.model_copy(update={"frozen_stages": 1, "frozen_tried": True})
    context = RecordingContext()
    result = train_model(in_turn(base.model_copy(update={"optimisation": frozen}), 2), context)
    parts = sorted(folder.name for folder in (result.run / "parts").iterdir())
    assert parts == ["1", "1-all-levels", "2", "2-all-levels"]
    curves = {metric.name for metric in context.of_kind(Metric)}
    assert {"loss/part 1", "loss/part 1, all levels", "loss/part 2", "loss/part 2, all levels"} < curves
    assert levels in result.trust.decided
    assert result.trust.decided in (result.model / "README.md").read_text()
    read = read_result(result.run)
    assert read is not None
    assert read.trust.decided == result.trust.decided
    assert result.trust.decided in {note.text for note in context.of_kind(Note)}
    fractions = [event.fraction for event in context.of_kind(Progress) if event.total and "tep" in event.message]
    assert (fractions == sorted(fractions), fractions[-1]) == (True, pytest.approx(1))
    files = {str(Path(pair.image).absolute()) for pair in pairs}
    assert {found.file for found in context.of_kind(FoundLabels)} == files
    start, learned = (load_weights(run / "checkpoints" / "best") for run in (first.run, result.run))
    same = [
        torch.equal(start[name], learned[name])
        for name in start
        if name.startswith("encoder.0.") and name.endswith("weight")
    ]
    assert same
    assert all(same) == (needed > 0)


def test_parts_decide_nothing_where_they_are_not_asked(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = in_turn(tiny_config(phantom_pairs(2)), 2)
    asked = config.optimisation.model_copy(update={"frozen_stages": 1, "frozen_tried": True})
    anew = config.model_copy(update={"optimisation": asked})
    assert (ways_in_turn(anew), models_in_turn(anew)) == ((anew,), 3)
    improved = anew.model_copy(update={"start_from": "first.vwmodel"})
    assert ([way.optimisation.frozen_stages for way in ways_in_turn(improved)], models_in_turn(improved)) == ([1, 0], 5)
    assert models_in_turn(in_turn(improved, 0)) == 1
