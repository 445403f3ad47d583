"""“Find nuclei now”: an image, a model that comes with the program, and at once what it finds; no project needed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout

from desktop_app.core.config.finding import LARGEST, SMALLEST, FindConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.overlay import overlay
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.job import Preview, Progress
from desktop_app.gui.inference.batch_draft import BatchSettings
from desktop_app.gui.inference.find_words import found_words
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.session.offered_models import model_title, offered_models
from desktop_app.gui.session.places import image_place
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, level_titles, pad
from desktop_app.gui.widgets.dropped import local_paths
from desktop_app.gui.widgets.flow_layout import FlowLayout
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmDoubleSpinBox
from desktop_app.gui.widgets.outline_picture import PictureView
from desktop_app.gui.widgets.quiet_bar import QuietBar
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.formats import label_ending
from desktop_app.io.images.registry import image_filter, image_stem, label_saving_filter
from desktop_app.jobs.batch.find import Found, find_nuclei
from desktop_app.jobs.batch.find_preview import FindLook, FirstLooks, Wish

_STEPS = 200  # positions of the slider between the smallest and the largest size; each is 2 % more
_REST_MS = 250  # a slider at rest; a network that runs for positions in passing keeps the user waiting
_EMPTY = "Open an image, or drop one here. Nothing is copied, and no project is needed."


class FindWindow(QDialog):
    """Picture with what was found, model, size of objects, and what to do with it.

    Signals:
        project_wanted: A ``FindConfig`` without a place for its labels: they and the image shall go into a project; and
            the model (``Path``) that shall then be improved with labels of one's own, or None.
        batch_wanted: Model (``Path``) and ``BatchSettings`` for a folder.
    """

    project_wanted = Signal(object, object)
    batch_wanted = Signal(object, object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self.setWindowTitle("Find nuclei now")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        resize_to_screen(self, QSize(980, 760))  # px, by eye
        self._looks, self._job = FirstLooks(), LatestJob(context.runner, "preview", self)
        self._wait = QTimer(self, singleShot=True, interval=_REST_MS)
        self.image: Path | None = None
        self.look: FindLook | None = None
        self._size: float | None = None
        self._reading = AS_STATED
        self.picture, self.slices = PictureView(_EMPTY), QSlider(Qt.Orientation.Horizontal)
        self.models, self.channel = CalmComboBox(), CalmComboBox()
        self.pixels, self.slider = CalmDoubleSpinBox(), QSlider(Qt.Orientation.Horizontal)
        self.status, self.bar = QLabel(), QuietBar()
        self.open_button = QPushButton("Open an image…")
        self.save_button, self.project_button = QPushButton("Save the labels…"), QPushButton("Put into a project")
        self.improve_button = QPushButton("Improve with your own labels…")
        self.batch_button = QPushButton("Run on a folder…")
        self._arrange()
        self._connect()
        self._refresh()

    def open_image(self, image: Path, reading: ImageReading | None = None) -> None:
        """Look at an image; the size of its objects is estimated.

        Args:
            image: The file.
            reading: What the user said of it, such as its voxel size; None: what the open project says.
        """
        opened = self._session.open_project
        readings = opened.readings()[0] if opened is not None else {}
        self._reading = readings.get(str(image), AS_STATED) if reading is None else reading
        self.image, self.look, self._size = image, None, None
        self.channel.clear()
        self.picture.set_picture(None)
        self.picture.set_empty_text(f"{image.name} is being read…")
        self.setWindowTitle(f"Find nuclei now – {image.name}")
        self._start()

    def ask_image(self) -> None:
        """Ask for an image, then look at it."""
        place = image_place(self._session) if self.image is None else self.image.parent
        chosen, _ = QFileDialog.getOpenFileName(self, "Open an image", str(place), image_filter())
        if chosen:
            self.open_image(Path(chosen))

    def ask_save(self) -> None:
        """Ask for a place, and write the labels of the whole image there."""
        if self.image is None:
            return
        offered = self.image.with_name(f"{image_stem(self.image)}_nuclei{label_ending(self.image)}")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the labels", str(offered), label_saving_filter())
        if chosen:
            self.save(Path(chosen))

    def save(self, target: Path) -> None:
        """Label the whole image in the background; it may go on when this window is closed."""
        config = self._config()
        if config is not None:
            work = partial(find_nuclei, config.model_copy(update={"output": str(target)}))
            job = self._runner.start(f"Find nuclei in {Path(config.image).name}", work, lane="gpu")
            job.succeeded.connect(partial(_tell, self._notifier))

    def _config(self) -> FindConfig | None:
        """What was looked at, for the whole image; its labels have no place yet."""
        look = self.look
        if look is None:
            return None
        return FindConfig(
            image=str(look.wish.image), output="", model=str(look.model), object_size=look.object_size,
            channel=look.channels[0] if look.channels is not None else None, reading=look.wish.reading,
            device=look.wish.device,
        )  # fmt: skip

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addWidget(self.picture, 1)
        self.slices.setAccessibleName("Slice")
        column.addWidget(self.slices)
        column.addWidget(self.bar)
        self.status.setWordWrap(True)
        column.addWidget(self.status)
        self.models.addItem("Chosen by the image", None)
        for path in offered_models(self._session):
            self.models.addItem(model_title(path), str(path))
        self.slider.setRange(0, _STEPS)
        self.slider.setAccessibleName("Size of objects")
        self.pixels.setRange(SMALLEST, LARGEST)
        self.pixels.setDecimals(0)
        self.pixels.setSuffix(" px")
        self.pixels.setKeyboardTracking(False)
        self.pixels.setToolTip(FindConfig.model_fields["object_size"].description or "")
        sizes = QHBoxLayout()
        sizes.addWidget(self.slider, 1)
        sizes.addWidget(self.pixels)
        self.channel.setToolTip(FindConfig.model_fields["channel"].description or "")
        form = self._form = QFormLayout()
        form.addRow("Model", self.models)
        form.addRow("Channel", self.channel)
        form.addRow("Size of objects", sizes)
        level_titles(form)
        column.addLayout(form)
        buttons = FlowLayout(spacing=SMALL)
        for button, name in (
            (self.open_button, "open"), (self.save_button, "save"), (self.project_button, "project"),
            (self.improve_button, "finetune"), (self.batch_button, "batch"),
        ):  # fmt: skip
            button.setAutoDefault(False)
            button.setIcon(icon(name))
            buttons.addWidget(button)
        column.addLayout(buttons)
        set_role(self.status, "muted")

    def _connect(self) -> None:
        self.open_button.clicked.connect(self.ask_image)
        self.save_button.clicked.connect(self.ask_save)
        self.project_button.clicked.connect(partial(self._into_project, improve=False))
        self.improve_button.clicked.connect(partial(self._into_project, improve=True))
        self.batch_button.clicked.connect(self._on_batch)
        self.models.activated.connect(self._start)
        self.channel.activated.connect(self._on_channel)
        self.slider.valueChanged.connect(self._on_slider)
        self.pixels.valueChanged.connect(self._on_size)
        self.slices.valueChanged.connect(self._draw)
        self._wait.timeout.connect(self._start)
        self._job.progressed.connect(self._on_progress)
        self._job.previewed.connect(self._on_preview)
        self._job.busy_changed.connect(self.bar.show_busy)
        self._job.failed.connect(self._on_failed)

    def _start(self) -> None:
        self._wait.stop()
        if self.image is None:
            return
        chosen = self.models.currentData()
        model = Path(chosen) if chosen is not None else None
        channel = self.channel.currentData()
        wish = Wish(self.image, model, self._size, self._session.settings.device, channel, self._reading)
        self._refresh()
        self._job.start("Find nuclei now", partial(self._looks.look, wish), self._on_look)

    def _on_look(self, look: FindLook) -> None:
        first = self.look is None
        self.look = look
        if look.object_size is not None:
            self._show_size(look.object_size)
        if not self.channel.count():
            self._offer_channels(look)
        depth = look.grey.shape[0]
        self.slices.setVisible(depth > 1)
        self.slices.setRange(0, depth - 1)
        if first:
            self.slices.setValue(depth // 2)
        self.status.setText(found_words(look))
        self._draw()
        self._refresh()

    def _offer_channels(self, look: FindLook) -> None:
        """The channels of an image that is new, where the model takes one of several."""
        if look.channels is not None:
            for number, title in enumerate(look.titles):
                self.channel.addItem(title, number)
            self.channel.setCurrentIndex(look.channels[0])

    def _on_channel(self) -> None:
        """Another channel shows other objects, whose size is estimated anew."""
        self._size = None
        self._start()

    def _draw(self) -> None:
        if self.look is not None:
            z = min(self.slices.value(), self.look.grey.shape[0] - 1)
            self.picture.set_picture(overlay(self.look.grey[z], self.look.labels[z]))

    def _refresh(self) -> None:
        found = self.look is not None
        for widget in (self.save_button, self.project_button, self.improve_button, self.batch_button):
            widget.setEnabled(found)
        for field in (self.pixels, self.slider):
            field.setEnabled(found)
        self._lead_to(self.open_button if self.image is None else self.save_button)
        self._form.setRowVisible(self.channel, self.channel.count() > 1)
        self.slices.setVisible(found and self.look is not None and self.look.grey.shape[0] > 1)

    def _lead_to(self, next_button: QPushButton) -> None:
        """Colour the button of the two that leads on."""
        for button, name in ((self.open_button, "open"), (self.save_button, "save")):
            leads = button is next_button
            set_role(button, "primary" if leads else "")
            button.setIcon(icon(name, "on_accent" if leads else "text"))

    def _show_size(self, size: float) -> None:
        with QSignalBlocker(self.pixels), QSignalBlocker(self.slider):
            self.pixels.setValue(size)
            self.slider.setValue(_position(size))

    def _on_slider(self, position: int) -> None:
        self._on_size(SMALLEST * (LARGEST / SMALLEST) ** (position / _STEPS))

    def _on_size(self, size: float) -> None:
        self._size = float(np.clip(size, SMALLEST, LARGEST))
        self._show_size(self._size)
        self._wait.start()

    def _on_progress(self, progress: Progress) -> None:
        self.bar.show_progress(progress)
        self.status.setText(progress.message)

    def _on_preview(self, preview: Preview) -> None:
        """The image, before anything is found in it."""
        self.picture.set_picture(overlay(preview.image, preview.labels))

    def _on_failed(self, error: Exception) -> None:
        self.picture.set_empty_text(_EMPTY)
        if self.look is None:
            self._lead_to(self.open_button)
        if isinstance(error, UserError):
            self.status.setText(str(error))
        else:
            self._notifier.unexpected(error)

    def _into_project(self, _clicked: bool = False, *, improve: bool) -> None:
        config = self._config()
        if config is not None:
            self.project_wanted.emit(config, Path(config.model) if improve else None)

    def _on_batch(self) -> None:
        if self.look is not None:
            settings = BatchSettings({}, dict(self.look.prediction), channels=self.look.channels)
            self.batch_wanted.emit(self.look.model, settings)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open_image(local_paths(event.mimeData())[0])

    def done(self, result: int) -> None:
        """The window goes, by its button or by Esc, which makes no event of closing."""
        self._wait.stop()
        self._job.drop()
        super().done(result)


def _position(size: float) -> int:
    """Of the slider, for a size in px."""
    return round(_STEPS * float(np.log(size / SMALLEST) / np.log(LARGEST / SMALLEST)))


def _tell(notifier: Notifier, found: Found) -> None:
    objects = "" if found.objects is None else f"{found.objects:,} objects. "
    written = f"{objects}Written: {found.labels.name}, with a table beside it."
    if found.noise_words:
        notifier.warning(f"{written} {found.noise_words}")
    else:
        notifier.info(written)
