"""A project with an open image, a viewer that remembers, and a model that pretends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Plane, Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.job import CaseUpdate, JobContext, Note, Progress
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.inference.preview_panel import PreviewPanel
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject, create_project
from tests.cards import semantic_card

SHAPE = (5, 32, 32)
CARD = semantic_card(
    name="Nuclei", patch_size=(16, 32, 32), divisor=(8, 8, 8), decode={"threshold": 0.4}, metrics={"f1": 0.9}
)


PANOPTIC = CARD.model_copy(
    update={
        "recipe": "panoptic", "network": "panoptic_bifpn", "dimensions": 2, "patch_size": (1, 256, 256),
        "decode": {"confidence": 0.4, "min_size": 0, "min_area": 0}, "prediction": {"downsampling": 2},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Hint:
    """A suggestion."""

    mode: str | None = "ortho"
    prediction: dict[str, Any] = field(default_factory=lambda: {"downsampling": 4})
    decode: dict[str, Any] = field(default_factory=lambda: {"median": 7})
    reasons: tuple[str, ...] = ("The voxels are cubes of 4 nm.", "A median of 7 suits them.")


@dataclass(frozen=True)
class FakeNamed:
    """Labels and what they are."""

    labels: NDArray[np.uint32]
    class_of: dict[int, str]
    confidence: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FakeBatchResult:
    failed: int


@dataclass
class FakeModel:
    """Stands in for jobs: brightness is the map, the threshold makes labels.

    Attributes:
        gate: The batch waits here before its second case while it is closed.
        network_gate: The network waits here while it is closed.
        predicted: Regions that the network saw.
        ways: Mode and prediction parameters with which it saw them.
        channels: Of the image that it was shown then.
        cards: Cards of models by name; others are ``CARD``.
        hint: What ``suggest`` says.
        halves: Classes of the left and the right half, where these are objects of their own.
        decoded: Parameters of each decoding.
        together: Names of the further models each time that models were opened.
        bad: Names of images that fail.
        counts: Whether the batch counts objects, as a model of classes does not.
        configs: Batches that were run.
        imported: Models that were imported.
    """

    gate: threading.Event = field(default_factory=threading.Event)
    network_gate: threading.Event = field(default_factory=threading.Event)
    predicted: list[Region] = field(default_factory=list)
    decoded: list[dict[str, Any]] = field(default_factory=list)
    ways: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)
    channels: list[tuple[int, ...] | None] = field(default_factory=list)
    cards: dict[str, ModelCard] = field(default_factory=dict)
    hint: Hint | None = None
    halves: dict[int, str] = field(default_factory=dict)
    opened: int = 0
    together: list[tuple[Path, ...]] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    counts: bool = True
    configs: list[InferenceConfig] = field(default_factory=list)
    imported: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()
        self.network_gate.set()

    def open(self, path: Path, device: str, *others: Path) -> FakeModel:
        self.opened += 1
        self.together.append(others)
        return self

    def predict(
        self, volume: Volume, region: Region, mode: str, ctx: JobContext, prediction: dict[str, Any] | None = None,
        channels: tuple[int, ...] | None = None,
    ) -> NDArray[np.uint8]:  # fmt: skip
        ctx.report(Progress(0, 10, "Network"))
        while not self.network_gate.wait(0.01):
            ctx.raise_if_cancelled()
        self.predicted.append(region)
        self.ways.append((mode, prediction))
        self.channels.append(channels)
        return volume.read(region)

    def decode_named(self, maps: NDArray[np.uint8], parameters: dict[str, Any]) -> FakeNamed:
        self.decoded.append(parameters)
        threshold = parameters["threshold" if "threshold" in parameters else "confidence"]
        labels = (maps > 255 * threshold).astype(np.uint32)
        if self.halves:
            labels[..., labels.shape[-1] // 2 :] *= 2
        return FakeNamed(labels, self.halves or {1: "Object"})

    def map_layers(self, maps: NDArray[np.uint8]) -> tuple[MapLayer, ...]:
        return (MapLayer("grey", "Grey", maps.astype(np.uint32), LabelScheme()),)

    def run(self, config: InferenceConfig, ctx: JobContext) -> FakeBatchResult:
        self.configs.append(config)
        failed = 0
        for index, path in enumerate(config.inputs):
            name = Path(path).name
            ctx.report(CaseUpdate(index, name, "running"))
            ctx.report(Note("info", f"{name}: Found earlier: 2 slices."))
            ctx.report(Progress(index, len(config.inputs), f"{name}: slice 3 of 9"))
            while index == 1 and not self.gate.wait(0.01):
                ctx.raise_if_cancelled()
            ctx.raise_if_cancelled()
            if name in self.bad:
                failed += 1
                ctx.report(CaseUpdate(index, name, "failed", error="The file is cut off."))
            else:
                output = str(Path(config.output) / name)
                objects = 12 if self.counts else None
                ctx.report(CaseUpdate(index, name, "done", objects=objects, seconds=0.5, output=output))
            ctx.report(Progress(index + 1, len(config.inputs), name))
        return FakeBatchResult(failed)

    def services(self) -> InferenceServices:
        return InferenceServices(
            load_card=self.card,
            read_preview=lambda path: np.full((8, 8, 3), 90, np.uint8),
            open_model=self.open,
            open_volume=open_volume,
            run=self.run,  # type: ignore[arg-type]
            import_model=self.take,
            suggest=lambda card, volume: self.hint,
        )

    def card(self, path: Path) -> ModelCard:
        if "broken" in path.name:
            raise UserError(f"The model {path.name} is damaged.")
        return self.cards.get(path.stem, CARD).model_copy(update={"name": path.stem})

    def take(self, path: Path, models: Path) -> Path:
        self.imported.append(path)
        return add_model(models, path.stem)


class RecordingViewer:
    """Shows nothing, and remembers the last preview."""

    def __init__(self) -> None:
        self.plane = Plane.XY
        self.visible = Region((2, 4, 4), (3, 28, 28))
        self.shown: list[tuple[Region, NDArray[np.uint32] | None]] = []
        self.seen = list(Plane)
        self.maps: tuple[MapLayer, ...] = ()
        self.watched = False
        self.frame: tuple[Plane | None, Region | None] = (None, None)
        self.drawing: Callable[[Region | None], None] | None = None

    def active_plane(self) -> Plane:
        return self.plane

    def watch(self, on: bool) -> None:
        self.watched = on

    def is_seen(self, plane: Plane) -> bool:
        return plane in self.seen

    def pick_rectangle(self, done: Callable[[Region | None], None] | None) -> None:
        before, self.drawing = self.drawing, done
        if before is not None:
            before(None)

    def draw(self, region: Region) -> None:
        done, self.drawing = self.drawing, None
        assert done is not None
        done(region)

    def show_frame(self, plane: Plane | None, region: Region | None) -> None:
        self.frame = plane, region

    def visible_region(self, plane: Plane) -> Region:
        return self.visible

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        self.shown.append((region, labels))

    def show_preview_maps(self, region: Region, maps: tuple[MapLayer, ...]) -> None:
        self.maps = maps


def add_model(models: Path, name: str) -> Path:
    path = models / f"{name}.vwmodel"
    path.mkdir(parents=True)
    (path / "model.json").write_text("{}")
    return path


def write_image(path: Path, shape: tuple[int, int, int] = SHAPE) -> Path:
    image = np.zeros(shape, np.uint8)
    image[:, 8:20, 8:20] = 150
    tifffile.imwrite(path, image, photometric="minisblack")
    return path


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def opened(tmp_path: Path) -> OpenProject:
    made = create_project(tmp_path, "Embryos")
    image = write_image(tmp_path / "Emb01.tif")
    project, _ = made.project.with_item(made.relative(image), "Emb01")
    made.save(project)
    add_model(made.models_folder(), "Nuclei")
    return made


@pytest.fixture
def session(qapp: object, opened: OpenProject) -> Iterator[Session]:
    session = Session()
    session.adopt(opened)
    session.select_item(opened.project.items[0].id)
    yield session
    session.close_project()


@pytest.fixture
def viewer() -> RecordingViewer:
    return RecordingViewer()


MakeWizard = Callable[..., BatchWizard]


@pytest.fixture
def make_wizard(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, model: FakeModel
) -> Iterator[MakeWizard]:
    """Makes batch wizards, and closes them at the end."""
    made: list[BatchWizard] = []

    def make(**options: Any) -> BatchWizard:
        wizard = BatchWizard(WindowContext(session, runner, notifier), services=model.services(), **options)
        wizard.show()
        made.append(wizard)
        return wizard

    yield make
    model.gate.set()
    for wizard in made:
        if isValid(wizard):
            wizard.close()


def preview(qtbot: QtBot, panel: PreviewPanel) -> None:
    """Press the button and wait for the answer."""
    with qtbot.waitSignal(panel.presenter.answered, check_params_cb=lambda answer: answer is not None):
        panel.run_button.click()
