"""The whole way on samples: a project, a trained model, results on unseen volumes, and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Plane
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.overlay import overlay, side_by_side
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.png import write_png
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.jobs.batch.infer import BatchResult, run_inference
from desktop_app.jobs.data.evaluate import Evaluation, evaluate
from desktop_app.jobs.data.sample_project import SEED, SampleProject, sample_project
from desktop_app.jobs.models.library import import_model
from desktop_app.jobs.train.run import train_model

STEPS = 240  # enough for a model that works on these nuclei, in about two minutes on two cores
_NAME = "demo"
_VALIDATION = 0.2  # of the labelled volumes, so that one of the five is checked; a judgement


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """How the demo runs.

    Attributes:
        out: Folder for everything.
        iterations: Training steps; the default takes about two minutes on two processor cores.
        seed: Of the volumes, the split and the training.
        device: ``auto``, ``cpu`` or ``cuda``.
        small: Tiny volumes, to see whether everything runs and nothing else.
    """

    out: Path
    iterations: int = STEPS
    seed: int = SEED
    device: str = "auto"
    small: bool = False


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made.

    Attributes:
        project: The project, which opens in the window.
        model: The trained model in it.
        results: Folder with labels, tables, ``summary.csv`` and ``scores.csv``.
        overlays: Pictures of the results beside the truth.
        evaluation: Scores on the unseen volumes.
    """

    project: Path
    model: Path
    results: Path
    overlays: tuple[Path, ...]
    evaluation: Evaluation


def run_demo(config: DemoConfig, ctx: JobContext) -> DemoResult:
    """Make a sample project, train on it, run the model on three unseen volumes and compare with the truth.

    A sample project that is there already is used again, with a new run.

    Raises:
        UserError: If the folder cannot be written.
        JobCancelled: When asked to stop.
    """
    sample = sample_project(config.out.absolute(), SubContext(ctx, 0.0, 0.04), seed=config.seed, small=config.small)
    with open_project(sample.project) as opened:
        training = demo_training(config, opened, opened.new_run_folder(_NAME))
        results = opened.new_result_folder(_NAME)
    ctx.report(Note("info", f"Training on {len(training.dataset.pairs)} volumes, {config.iterations} steps."))
    trained = train_model(training, SubContext(ctx, 0.04, 0.84, "Training: "))
    model = import_model(trained.model, sample.project / "models")
    batch = InferenceConfig(
        model=str(model), inputs=(str(sample.unseen),), output=str(results), device=config.device, resume=False
    )
    done = run_inference(batch, SubContext(ctx, 0.88, 0.1, "Running on unseen volumes: "))
    evaluation = evaluate(results, sample.truth, results / "scores.csv", SubContext(ctx, 0.98, 0.01))
    overlays = _draw_overlays(sample, done, results / "overlays")
    ctx.report(Progress(1, 1, "Demo finished"))
    return DemoResult(sample.project, model, results, overlays, evaluation)


def demo_training(config: DemoConfig, opened: OpenProject, run: Path) -> TrainingConfig:
    """A short training on the labelled volumes of the sample project."""
    pairs = tuple(
        PairConfig(name=item.name, image=str(opened.image_path(item)), labels=str(opened.label_path(item.id)))
        for item in opened.project.items
        if item.all_done
    )
    return TrainingConfig(
        name="Nuclei demo",
        output=str(run),
        dataset=DatasetConfig(
            pairs=pairs,
            class_names=("Nucleus",),
            split=DatasetSplitParameters(validation=_VALIDATION, seed=config.seed),
        ),
        # Voxels: small, as the demo is to end in minutes on a processor.
        patch_size=(16, 48, 48),
        optimisation=OptimisationParameters(iterations=config.iterations, batch_size=2),
        validation=ValidationParameters(every=max(1, config.iterations // 4)),
        seed=config.seed,
        device=config.device,
    )


def _draw_overlays(sample: SampleProject, done: BatchResult, folder: Path) -> tuple[Path, ...]:
    """One picture per finished volume: its middle slice bare, with the result, and with the truth."""
    drawn = []
    make_folder(folder)
    for case in done.cases:
        if case.state != "done":
            continue
        image = open_volume(sample.unseen / case.name)
        middle = image.shape[0] // 2
        slice_ = image.plane(Plane.XY, middle)
        grey = to_uint8(slice_, auto_window(slice_))
        labelled = [
            overlay(grey, open_labels(path).plane(Plane.XY, middle))
            for path in (Path(case.output), sample.truth / case.name)
        ]
        path = folder / f"{image.name}.png"
        # Times: volumes of the sample are small.
        write_png(path, side_by_side([grey[..., None].repeat(3, axis=2), *labelled], magnify=3))
        drawn.append(path)
    return tuple(drawn)
