"""A project with labelled images, and jobs that pretend to train."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.advice.start_fit import StartFit
from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.region import Region
from desktop_app.core.job import JobContext, Metric, Note, Preview, Progress
from desktop_app.core.score_trust import ScoreTrust
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.services import TrainingServices
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.train.folder_pairs import FolderPairs
from tests.gui.training.fake_reports import FakeEstimate, FakeReport, FakeRow

SHAPE = (5, 24, 24)


@dataclass(frozen=True)
class FakeResult:
    run: Path
    model: Path
    scores: dict[str, float] = field(default_factory=lambda: {"f1": 0.87, "dice": 0.9})
    best_step: int = 3
    stopped: str = "finished"
    caution: str = ""
    kept: str = "learned"
    trust: ScoreTrust = field(default_factory=ScoreTrust)
    advice: None = None
    doubts: tuple[str, ...] = ()


@dataclass
class FakeJobs:
    """Stands in for all jobs of the wizard.

    Attributes:
        trust: What trainings say of their scores.
        gate: Training waits here at its third step while it is closed.
        inspected: Datasets that were checked.
        shared: Datasets whose images were shared out anew.
        trained: Configurations that were trained.
        resumed: Run folders that were resumed.
        finished: Run folders whose best state was kept.
        hold_after: Step after which training waits for the gate.
        train_error: What training fails with.
        fail_after: Step after which it does; the second is checked.
        error: What the check of the data fails with.
        announced: What training says first.
        fit: How the model to improve does before it learns.
    """

    trust: ScoreTrust = field(default_factory=ScoreTrust)
    gate: threading.Event = field(default_factory=threading.Event)
    inspected: list[DatasetConfig] = field(default_factory=list)
    shared: list[DatasetConfig] = field(default_factory=list)
    trained: list[TrainingConfig] = field(default_factory=list)
    resumed: list[Path] = field(default_factory=list)
    finished: list[Path] = field(default_factory=list)
    folder_pairs: tuple[PairConfig, ...] = ()
    hold_after: int = 2
    train_error: Exception | None = None
    fail_after: int = 0
    error: Exception | None = None
    announced: str = "Training begins."
    fit: StartFit = field(default_factory=StartFit)

    def __post_init__(self) -> None:
        self.gate.set()

    def inspect(self, dataset: DatasetConfig, ctx: JobContext, needs_labels: bool) -> FakeReport:
        self.inspected.append(dataset)
        ctx.report(Progress(1, 1, "Looked at all images"))
        if self.error is not None:
            raise self.error
        return FakeReport(tuple(FakeRow(pair.name, shape=SHAPE) for pair in dataset.pairs))

    def share(self, report: FakeReport, dataset: DatasetConfig, needs_labels: bool) -> FakeReport:
        self.shared.append(dataset)
        return report

    def find(self, images: Path, labels: Path | None, by_order: bool, needs_labels: bool) -> FolderPairs:
        if labels is None or by_order:
            return FolderPairs(self.folder_pairs)
        return FolderPairs((), (images / "x.tif", labels / "y.tif"), by_order_possible=True)

    def suggest(self, report: FakeReport, dataset: DatasetConfig, goal: str) -> TrainingConfig:
        flat = goal == "objects2d"
        patch = (1, 64, 64) if flat else (32, 64, 64)
        return TrainingConfig(dataset=dataset, network="unet2d" if flat else "unet3d", patch_size=patch)

    def train(self, config: TrainingConfig, ctx: JobContext) -> FakeResult:
        self.trained.append(config)
        return self._run(Path(config.output), ctx)

    def resume(self, run: Path, going_on: Continuation, ctx: JobContext) -> FakeResult:
        self.resumed.append(run)
        return self._run(run, ctx)

    def finish(self, run: Path) -> FakeResult:
        self.finished.append(run)
        return FakeResult(run, _model(run), stopped="cancelled")

    def keep(self, model: Path, models: Path) -> Path:
        place = models / model.name
        place.mkdir(parents=True, exist_ok=True)
        (place / "model.json").write_text("{}")
        return place

    def _run(self, run: Path, ctx: JobContext) -> FakeResult:
        ctx.report(Note("info", self.announced))
        image = np.zeros((16, 16), np.uint8)
        for step in range(1, 6):
            ctx.report(Progress(step, 5, f"step {step} of 5"))
            ctx.report(Metric("loss/train", step, 1.0 / step))
            if step == 2:
                ctx.report(Metric("score/f1", step, 0.5))
                ctx.report(Preview("Emb01", step, image, image.astype(np.uint32)))
            while step > self.hold_after and not self.gate.wait(0.01):
                ctx.raise_if_cancelled()
            if self.train_error is not None and step > self.fail_after:
                raise self.train_error
        return FakeResult(run, _model(run), trust=self.trust)

    def services(self) -> TrainingServices:
        return TrainingServices(
            find_pairs=self.find,
            inspect=self.inspect,  # type: ignore[arg-type]
            share=self.share,  # type: ignore[arg-type,return-value]
            suggest=self.suggest,  # type: ignore[arg-type]
            fit=lambda config, report, ctx: self.fit,
            estimate=lambda config, report: FakeEstimate(),  # type: ignore[arg-type,return-value]
            train=self.train,  # type: ignore[arg-type]
            resume=self.resume,  # type: ignore[arg-type]
            finish=self.finish,  # type: ignore[arg-type]
            keep=self.keep,
        )


def _model(run: Path) -> Path:
    return run / "Object 3D.vwmodel"


def add_image(opened: OpenProject, name: str, done: tuple[int, ...] = ()) -> None:
    """One more labelled image in the project."""
    path = opened.folder.parent / f"{name}.tif"
    tifffile.imwrite(path, np.random.default_rng(1).integers(0, 255, SHAPE).astype(np.uint8), photometric="minisblack")
    project, item = opened.project.with_item(opened.relative(path), name)
    opened.save(project.replaced(item.model_copy(update={"status": "in progress", "done_slices": done})))
    labels = LabelFile.create(opened.label_path(item.id), SHAPE)
    values = np.zeros(SHAPE, np.uint32)
    values[:, 4:10, 4:10] = 1
    labels.write(Region.whole(SHAPE), values)
    labels.flush()
    labels.close()


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def opened(tmp_path: Path) -> OpenProject:
    made = create_project(tmp_path, "Embryos")
    add_image(made, "Emb01")
    return made


@pytest.fixture
def session(qapp: object, opened: OpenProject) -> Iterator[Session]:
    session = Session()
    session.adopt(opened)
    yield session
    session.close_project()
