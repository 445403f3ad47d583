"""The product by its own defaults: ``voxelwright train`` without a setting, then ``voxelwright infer``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.cli.configurations import training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobEvent, Note, Progress, RecordingContext
from desktop_app.core.training_result import TrainingResult
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.models import load_card
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.train.run import train_model
from tests.benchmarks.accuracy.clock import Watch, processor_seconds
from tests.benchmarks.accuracy.sets import BenchSet, Sample, write_pairs

_TRIED = (4, 14)
"""Steps between which a step is timed: the first ones also fetch what the later ones have at hand."""
_FEWEST_STEPS = 20
_OPTIONS = ("recipe", "network", "start_from")
"""Settings that are options of their own, because arguments and patch follow from them."""


@dataclass(slots=True)
class _StepClock(RecordingContext):
    """Notes processor seconds at each step, at the beginning of the tuning of decoding, and at every check."""

    at: dict[int, float] = field(default_factory=dict)
    tuning: float | None = None

    def report(self, event: JobEvent) -> None:
        if isinstance(event, Progress) and event.message.startswith("Step "):
            self.at[int(event.done)] = processor_seconds()
        if isinstance(event, Note) and event.text.startswith("Tuning"):
            self.tuning = processor_seconds()


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of the parts of a training, timed in a short one."""

    start: float
    step: float
    check: float
    end: float

    def steps(self, seconds: float, checks: int) -> int:
        """Steps that fit into so many processor seconds, besides all else that a training does."""
        return max(_FEWEST_STEPS, int((seconds - self.start - checks * self.check - self.end) / self.step))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way of training: the defaults, or with settings that are tried in their place."""

    name: str
    settings: tuple[str, ...] = ()

    @property
    def start(self) -> str:
        """The model that it begins with, or nothing."""
        return dict(text.split("=", 1) for text in self.settings).get("start_from", "")


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and what was said of it."""

    result: TrainingResult
    config: TrainingConfig
    processor: float
    clock: float

    def promised(self, bench: BenchSet) -> tuple[str, float | None]:
        """The score on its own validation images that says the same as the first one of the set, and its value."""
        name = "f1" if bench.kind == "objects" else "dice"
        if bench.scored:
            place = self.config.dataset.class_values.index(bench.scored[0])
            name = f"dice/{self.config.dataset.class_names[place]}"
        return name, self.result.scores.get(name)


def configuration(
    bench: BenchSet, learned: Sequence[Sample], room: Path, candidate: Candidate, seed: int
) -> TrainingConfig:
    """What the wizard sets for these images; only the random seed is ours."""
    write_pairs(learned, room / "data")
    told = dict(text.split("=", 1) for text in candidate.settings)
    options = {name: told.pop(name, None) for name in _OPTIONS}
    settings = (f"seed={seed}", *(f"{name}={value}" for name, value in told.items()))
    request = TrainingRequest(
        room / "data", room / "run", bench.goal, device="cpu", assignments=settings, **options
    )  # fmt: skip
    return training_config(request, RecordingContext())


def cost_of(config: TrainingConfig, room: Path) -> Cost:
    """Train a few steps with one check, and time the parts; of a cross-validation, one of its trainings."""
    split = config.dataset.split.model_copy(update={"folds": 0})
    single = config.model_copy(update={"dataset": config.dataset.model_copy(update={"split": split})})
    steps, clock, began = _TRIED[1], _StepClock(), processor_seconds()
    train_model(_with_steps(single, steps, steps, room / "tried"), clock)
    ended = processor_seconds()
    first, last = _TRIED
    step = max(1e-3, (clock.at[last] - clock.at[first]) / (last - first))
    tuning = ended if clock.tuning is None else clock.tuning
    return Cost(max(0.0, clock.at[first] - began - first * step), step, tuning - clock.at[last], ended - tuning)


def trained(config: TrainingConfig, seconds: float, cost: Cost, checks: int = 0) -> Trained:
    """A run of as many steps as fit into ``seconds`` of processor time; schedule and checks are spread over them.

    Of a cross-validation, each training has so many steps, so that it takes as many times longer.

    Args:
        config: What the wizard sets.
        seconds: Of one core.
        cost: Of its parts.
        checks: How often it is checked; 0: as often as the wizard would.
    """
    checks = checks or max(1, config.optimisation.iterations // config.validation.every)
    steps = cost.steps(seconds, checks)
    watch = Watch()
    changed = _with_steps(config, steps, max(1, steps // checks), Path(config.output))
    result = train_model(changed, RecordingContext())
    return Trained(result, changed, watch.processor, watch.clock)


def labelled(model: Path, samples: Sequence[Sample], room: Path) -> dict[str, NDArray[Any]]:
    """Labels ``(Z, Y, X)`` of images by their names, as a batch writes them."""
    card = load_card(model)
    files = tuple(str(sample.image) for sample in samples)
    config = InferenceConfig(
        model=str(model), inputs=files, output=str(room), prediction=card.prediction, decode=card.decode,
        device="cpu", measure=False, resume=False,
    )  # fmt: skip
    done = run_inference(config, RecordingContext())
    if done.failed:
        raise RuntimeError(f"{done.failed} images failed: {[case.error for case in done.cases if case.error]}")
    by_path = {case.path.resolve(): case.output for case in done.cases}
    return {s.name: np.asarray(open_labels(Path(by_path[s.image.resolve()])).read()) for s in samples}


def _with_steps(config: TrainingConfig, steps: int, every: int, folder: Path) -> TrainingConfig:
    return config.model_copy(
        update={
            "optimisation": config.optimisation.model_copy(update={"iterations": steps}),
            "validation": config.validation.model_copy(update={"every": every}),
            "output": str(folder),
        }
    )
