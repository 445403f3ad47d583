"""The training loop: steps, validations, checkpoints."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from desktop_app.core.curve_names import curve_title
from desktop_app.core.errors import NotEnoughMemoryError, UserError
from desktop_app.core.job import JobCancelled, JobContext, Metric, Note, Progress
from desktop_app.ml.data.patch_source import Batch, batches
from desktop_app.ml.inference.devices import is_out_of_memory, mixed_precision, needs_loss_scaling
from desktop_app.ml.inference.loading import predictor_of
from desktop_app.ml.networks.registry import release_stages
from desktop_app.ml.networks.side_loss import parted
from desktop_app.ml.recipes.base import LossInput, shown_scores
from desktop_app.ml.recipes.score_uncertainty import doubt
from desktop_app.ml.training.checkpoints import (
    AVERAGE,
    NETWORK,
    Progression,
    has_checkpoint,
    has_optimiser,
    load_optimiser,
    load_progression,
    load_weights,
    prefixed,
    save_checkpoint,
    without_prefix,
)
from desktop_app.ml.training.divergence import diverged, has_come_apart
from desktop_app.ml.training.interruption import stoppable
from desktop_app.ml.training.learner import Learner
from desktop_app.ml.training.logs import RunLog, draw_curves
from desktop_app.ml.training.patches import Patches, network_input
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.schedule import rate_at
from desktop_app.ml.training.validation import validate, validation_loss
from desktop_app.ml.training.watching import Watching
from desktop_app.ml.training.weight_averaging import follow, learning_norms, renew_statistics

_LOG_EVERY = 10  # steps: a file of 100,000 steps stays small
_SAVE_SECONDS = 60.0  # what a crash costs at most; saving more often would slow short steps
# Patches prepared ahead of a step: on a processor they would only take turns.
_LOOKAHEAD = {"cpu": 0, "cuda": max(4, min(12, (os.cpu_count() or 4) // 2))}
_DECIDES = "what decides on the best"
"""Name of the score that training maximises, which is made of the others."""
_NORM = "gradient norm"
"""Of a step, before it is cut to the largest gradient."""
_DRAWN = ("score/score", "score/pq", "score/f1", "score/iou", "score/dice")


class _NotANumberError(Exception):
    """A loss or a gradient is infinite or not a number; the weights are as before the step."""


@dataclass(slots=True)
class Trainer:
    """One run, from its last checkpoint to its end.

    Attributes:
        plan: Of the run.
        patches: What it learns from step by step.
        learner: Network and optimiser.
        ctx: Hears of progress, and may cancel; a step that is stopped has changed nothing.
        log: Curves so far.
        progression: How far the run is.
    """

    plan: TrainingPlan
    patches: Patches
    learner: Learner
    ctx: JobContext
    log: RunLog
    progression: Progression = field(default_factory=Progression)
    _losses: list[dict[str, float]] = field(default_factory=list)
    _saved: float = field(default_factory=time.monotonic)
    _released: bool = False
    _scaler: torch.amp.GradScaler = field(init=False)

    def __post_init__(self) -> None:
        """Scale gradients only where half precision needs it."""
        scaled = needs_loss_scaling(self.plan.device, self.plan.config.optimisation.precision)
        self._scaler = torch.amp.GradScaler(enabled=scaled)

    @property
    def last(self) -> Path:
        """Folder of the checkpoint to resume from."""
        return self.plan.run / "checkpoints" / "last"

    @property
    def best(self) -> Path:
        """Folder of the best weights so far."""
        return self.plan.run / "checkpoints" / "best"

    def resume(self) -> bool:
        """Take up the last checkpoint, if there is one; training then goes on bit for bit (on a CPU)."""
        if not has_checkpoint(self.last):
            return False
        weights = load_weights(self.last)
        self.learner.network.load_state_dict(without_prefix(weights, NETWORK))
        self.learner.average.load_state_dict(without_prefix(weights, AVERAGE))
        if has_optimiser(self.last):
            optimiser = load_optimiser(self.last)
            self.learner.optimiser.load_state_dict(optimiser["optimiser"])
            self._scaler.load_state_dict(optimiser["scaler"])
            self._losses = [dict(parts) for parts in optimiser["losses"]]
        self.progression = load_progression(self.last)
        self.log = RunLog.resumed(self.plan.run, self.progression.step)
        return True

    def train(self) -> None:
        """Run to the end, or until early stop; ``progression.stopped`` says which.

        Raises:
            JobCancelled: When the user stops; the state is saved first.
            NotEnoughMemoryError: When memory runs out.
            UserError: When the loss is no longer a number; the state before is kept.
        """
        try:
            self._validate_if_due()
            for rounds in self._rounds():
                if self.progression.stopped:
                    break
                self.ctx.raise_if_cancelled()
                self._step(rounds)
                self._validate_if_due()
                if time.monotonic() - self._saved > _SAVE_SECONDS:
                    self.save()
        except JobCancelled:
            self.ctx.report(Note("info", f"Stopping: the state after step {self.progression.step:,} is saved."))
            self.save()
            raise
        except _NotANumberError as error:
            raise self._diverged() from error
        except (RuntimeError, MemoryError) as error:
            raise self._explained(error) from error
        self.progression.stopped, self.progression.unmade = self.progression.stopped or "finished", True
        self.save()

    def timed_steps(self) -> Generator[float]:
        """Take steps, without checks and without saving; of each the seconds that it took, its patches included.

        Raises:
            JobCancelled: When the user stops.
            NotEnoughMemoryError: When memory runs out.
        """
        try:
            began = time.perf_counter()
            for rounds in self._rounds():
                self.ctx.raise_if_cancelled()
                self._step(rounds)
                yield time.perf_counter() - began
                began = time.perf_counter()
        except _NotANumberError:
            return  # is told when it happens in the run
        except (RuntimeError, MemoryError) as error:
            raise self._explained(error) from error

    def save(self) -> None:
        """Write everything needed to go on."""
        weights = prefixed(self.learner.network, NETWORK) | prefixed(self.learner.average, AVERAGE)
        state = {
            "optimiser": self.learner.optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "losses": self._losses,
        }
        save_checkpoint(self.last, self.progression, weights, state)
        self._saved = time.monotonic()

    def keep_something(self) -> None:
        """Where no validation came yet, the present weights are the best ones.

        The user waits: batch statistics of the last steps do, as renewing them takes minutes on a processor.
        """
        if not has_checkpoint(self.best):
            self._keep({})

    def _rounds(self) -> Iterator[list[Batch]]:
        """The batches of each step that is left; several where gradients are gathered."""
        lookahead, rates = _LOOKAHEAD.get(self.plan.device.type, 0), self.plan.config.optimisation
        each = rates.accumulate
        coming = batches(self.patches.learned, self.progression.step * each, rates.iterations * each, lookahead)
        with closing(coming):
            while rounds := list(islice(coming, each)):
                yield rounds

    def _refresh_average(self) -> None:
        renew_statistics(self.learner.average, learning_norms(self.learner.network), self.patches, self.ctx)

    def _step(self, rounds: Sequence[Batch]) -> None:
        """One change of the weights; nothing has changed where it is stopped before."""
        rates, at, learner = self.plan.config.optimisation, self.progression, self.learner
        # A prime larger than any number of steps: no seed meets another's.
        torch.manual_seed((self.plan.config.seed * 1_000_003 + at.step) % 2**63)
        rate = rate_at(rates, at.step - at.began, rates.iterations - at.began, at.falls)
        for group in learner.optimiser.param_groups:
            group["lr"] = rate
        self._release_if_due()
        learner.network.train()
        learner.optimiser.zero_grad(set_to_none=True)
        found = [self._gradients(batch, len(rounds)) for batch in rounds]
        self._scaler.unscale_(learner.optimiser)
        trained = [p for p in learner.network.parameters() if p.requires_grad]
        norm = nn.utils.clip_grad_norm_(trained, rates.clip or math.inf)
        if not (self._scaler.is_enabled() or math.isfinite(float(norm))):
            raise _NotANumberError
        self._scaler.step(learner.optimiser)
        self._scaler.update()
        follow(learner.average, learner.network, at.step, rates.average)
        parts = {name: sum(parts[name] for parts in found) / len(found) for name in found[0]}
        self._report({**parts, _NORM: float(norm)}, rate)

    def _release_if_due(self) -> None:
        """Let frozen levels learn once their share of the steps is over."""
        at = self.plan.releases_at
        if self._released or at is None or self.progression.step < at:
            return
        release_stages(self.learner.network, self.plan.config.optimisation.frozen_stages)
        self._released = True
        self.ctx.report(Note("info", "From here on all levels of the network learn."))

    def _gradients(self, batch: Batch, rounds: int) -> dict[str, float]:
        """Add the gradients of a batch, one of so many of a step; its loss and the parts of it."""
        plan, learner = self.plan, self.learner
        image, targets = network_input(batch.image, batch.targets, plan.config.network, plan.device)
        with stoppable(learner.network, self.ctx):
            with mixed_precision(plan.device, plan.config.optimisation.precision):
                outputs, side = parted(learner.network(image))
            loss, parts = plan.recipe.loss(LossInput(image, outputs, targets, self.progression.step, plan.task))
            if side is not None:
                loss, parts = loss + side, {**parts, "drawing": float(side.detach())}
            value = float(loss.detach())
            if not math.isfinite(value):
                raise _NotANumberError
            self._scaler.scale(loss / rounds).backward()
        return {"train": value, **parts}

    def _report(self, parts: dict[str, float], rate: float) -> None:
        self.progression.step += 1
        step, total = self.progression.step, self.plan.config.optimisation.iterations
        self._losses.append(parts)
        self.ctx.report(Progress(step, total, f"Step {step:,} of {total:,}"))
        if step % _LOG_EVERY == 0 or step == total:
            # Checkpoints of earlier versions lack the norm, and half precision skips steps where it is infinite.
            known = {k: [p[k] for p in self._losses if math.isfinite(p.get(k, math.nan))] for k in self._losses[-1]}
            means = {name: sum(values) / len(values) for name, values in known.items() if values}
            self._losses = []
            metrics = [Metric(name if name == _NORM else f"loss/{name}", step, value) for name, value in means.items()]
            self._log([*metrics, Metric("learning rate", step, rate)])

    def _log(self, metrics: list[Metric]) -> None:
        for metric in metrics:
            self.ctx.report(metric)
        self.log.add(metrics)

    def _validate_if_due(self) -> None:
        at = self.progression
        due = at.step > 0 and (at.step % self.plan.config.validation.every == 0 or self._is_last)
        if not due or at.validated == at.step:
            return
        self._refresh_average()
        if self.plan.data.validation:
            images = self.plan.data.validation[: self.plan.config.validation.max_images]
            predictor = predictor_of(self.plan.card, self.learner.average, self.plan.device)
            self.ctx.report(Progress(at.step, self.plan.config.optimisation.iterations, "Checking on whole images"))
            watching = Watching(self.ctx)
            scores = validate(predictor, images, self.plan.task, watching, at.step)
            picture = watching.picture()
            if picture is not None:
                self.log.add_picture("validation", at.step, picture)
            loss = validation_loss(self.learner.average, self.patches, at.step, self.ctx)
            shown = [Metric(f"score/{k}", at.step, v) for k, v in shown_scores(scores).items()]
            self._log([Metric("loss/validation", at.step, loss), *shown])
            at.watch(loss, self.plan.config.optimisation.fall_patience)
            if scores:
                self._judge(scores, loss)
            else:
                self._keep({})
        else:
            self._keep({})
            losses = self.log.curve("loss/train")[1]
            at.watch(losses[-1] if losses else math.nan, self.plan.config.optimisation.fall_patience)
        at.validated = at.step
        self._draw()
        self.save()

    @property
    def _is_last(self) -> bool:
        return self.progression.step == self.plan.config.optimisation.iterations

    def _judge(self, scores: dict[str, float], loss: float) -> None:
        """Keep the best weights, the latest of those that score alike; stop early where the user wants it.

        The last states of a schedule have settled. Where a few objects decide, an earlier one that scores a little
        higher does so by chance. A state that has come apart is not as good as one from before, whatever it scores.
        """
        at = self.progression
        improved = scores["score"] > at.best_score
        if improved or (scores["score"] > at.best_score - at.doubt and not has_come_apart(loss, at.lowest)):
            self._keep(scores)
        if improved:
            at.best_score, at.doubt, at.stale = scores["score"], doubt(scores), 0
            return
        at.stale += 1
        patience = self.plan.config.validation.patience
        if patience and at.stale >= patience:
            at.stopped, at.unmade = "early", True
            self.ctx.report(Note("info", f"Nothing better for {patience} validations: stopping early."))

    def _keep(self, scores: dict[str, float]) -> None:
        at = self.progression
        at.best_step, at.best_scores = at.step, scores
        save_checkpoint(self.best, at, self.learner.average.state_dict())

    def _draw(self) -> None:
        draw_curves(self.plan.run / "loss.png", "Loss", self._named_curves(("loss/train", "loss/validation")))
        draw_curves(self.plan.run / "scores.png", "Scores on validation images", self._named_curves(_DRAWN))

    def _named_curves(self, names: Sequence[str]) -> dict[str, tuple[list[int], list[float]]]:
        """Curves by the names that the window has for them; what decides on the best state is drawn here alone."""
        curves = {curve_title(name) or _DECIDES: self.log.curve(name) for name in names}
        return {title: curve for title, curve in curves.items() if curve[0]}

    def _diverged(self) -> UserError:
        """What to say where the loss is no longer a number.

        The state before is saved if it is sound; else a run that goes on does so from its best one.
        """
        at, rates = self.progression, self.plan.config.optimisation
        step, rate = at.step + 1, rate_at(rates, at.step - at.began, rates.iterations - at.began, at.falls)
        best = has_checkpoint(self.best)
        if at.step > 0 and self._is_sound():
            self.save()
        elif best:
            weights = load_weights(self.best)
            both = {prefix + name: value.clone() for prefix in (NETWORK, AVERAGE) for name, value in weights.items()}
            back = replace(load_progression(self.best), validated=at.best_step, lowest=at.lowest)
            save_checkpoint(self.last, back, both)
        return diverged(step, rates, rate, best=best, saved=has_checkpoint(self.last))

    def _is_sound(self) -> bool:
        """Whether all weights are numbers, and the loss was not yet on its way to infinity."""
        seen = [*self.log.curve("loss/train")[1], *(parts["train"] for parts in self._losses)]
        weights = self.learner.network.state_dict().values()
        whole = all(bool(torch.isfinite(w).all()) for w in weights if w.is_floating_point())
        return whole and not (seen and has_come_apart(seen[-1], min(seen)))

    def _explained(self, error: BaseException) -> BaseException:
        if not is_out_of_memory(error):
            return error
        return NotEnoughMemoryError(
            "There is not enough memory to train with these settings.",
            hint="Choose a smaller patch, fewer patches per step, or a smaller network.",
            details=str(error),
        )
