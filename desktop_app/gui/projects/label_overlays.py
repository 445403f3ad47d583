"""Labels of others laid over the open image, to look at and to take over; the project's own labels stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.layers import RESULT_LOOK, LabelLayer, LayerKind, LayerLook, free_name
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.core.project import Item
from desktop_app.core.recipes.looks import UNCERTAINTY_END
from desktop_app.core.shown_name import name_and_day
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import image_stem, label_filter
from desktop_app.io.labels.layer_file import open_layer

_TAKE_OVER = "Take over into the labels"


class LabelOverlays:
    """Lays label files over the open image.

    Args:
        context: Of the main window.
        take_over: Takes all of a layer over into the labels.
    """

    def __init__(self, context: WindowContext, take_over: Callable[[LabelLayer], object]) -> None:
        self._take_over = take_over
        self._session, self._notifier, self._window = context.session, context.notifier, context.window
        self._offered: tuple[LabelLayer, str] | None = None
        self._session.tool_changed.connect(self._on_tool)

    def ask(self, item: Item) -> None:
        """Ask for a label file and lay it over the open image."""
        opened = self._session.open_project
        if opened is None:
            return
        results = opened.results()
        start = str(results[0] if results else opened.image_path(item).parent)
        title = f"Labels to look at over {item.name}"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, start, label_filter())
        if chosen:
            self.add(Path(chosen))

    def add(self, path: Path) -> None:
        """Lay a label file over the open image, under the name of its batch where it comes from one.

        Where it is written beside it how uncertain the result is, that comes along, below all labels.
        """
        volume, project, layers = self._session.volume, self._session.project, self._session.layers
        if volume is None or project is None:
            return
        with self._notifier.errors_told():
            layer = self._opened(path, volume, project.scheme)
            layers.put(layer)
            if layer.kind is LayerKind.MAP:
                self._notifier.info(f"“{layer.title}” lies over the image: {_colors_in_words()}.")
                return
            beside, uncertain = uncertainty_beside(path), ""
            if beside is not None:
                with self._notifier.errors_told():
                    layers.put_below(self._opened(beside, volume, project.scheme))
                    uncertain = f" Below it is shown how uncertain it is: {_colors_in_words()}."
            self._offer(
                layer,
                f"“{layer.title}” lies over the image, to look at.{uncertain} To correct it, take it over into the "
                "labels; the Layers panel also takes single objects.",
            )

    def _offer(self, layer: LabelLayer, words: str) -> None:
        self._offered = (layer, words)
        self._notifier.info(words, action=(_TAKE_OVER, self._taking(layer)))

    def _on_tool(self, name: str) -> None:
        """Offer it once more to who begins to draw on empty labels, and may think that the result is corrected."""
        item, offered = self._session.item, self._offered
        if offered is None or item is None or not TOOLS[name].writes:
            return
        shown = self._session.layers.get(offered[0].key)
        if item.status == "new" and shown is not None and shown.look.visible:
            self._offer(*offered)
        self._offered = None

    def _opened(self, path: Path, volume: Volume, scheme: LabelScheme) -> LabelLayer:
        """A label file as a layer, with a name that no other layer has.

        Raises:
            UserError: If it cannot be read, or does not fit the image.
        """
        layer = open_layer(path, volume, scheme, title=result_title(path), look=_look(path))
        others = [other.title for other in self._session.layers.stack if other.key != layer.key]
        return replace(layer, title=free_name(others, layer.title))

    def _taking(self, layer: LabelLayer) -> Callable[[], None]:
        """Takes a layer over, unless it has gone by the time that the user clicks."""

        def request() -> None:
            if any(other.key == layer.key for other in self._session.layers.stack):
                self._take_over(layer)
            else:
                self._notifier.info(f"“{layer.title}” does not lie over the image any more.")

        return request


def result_title(labels: Path) -> str:
    """What a label file is called among the layers: name and day of its batch, else its own name."""
    for folder in labels.parents:
        name, day = name_and_day(folder.name)
        if day:
            return f"Uncertainty of {name}, {day}" if _tells_uncertainty(labels) else f"{name}, {day}"
    return image_stem(labels)


def uncertainty_beside(labels: Path) -> Path | None:
    """The file beside a result that says how uncertain it is; None where none was written."""
    stem = image_stem(labels)
    path = labels.with_name(f"{stem}{UNCERTAINTY_END}{labels.name.removeprefix(stem)}")
    return path if path.exists() else None


def _tells_uncertainty(path: Path) -> bool:
    return image_stem(path).endswith(UNCERTAINTY_END)


def _look(path: Path) -> LayerLook:
    if not _tells_uncertainty(path):
        return RESULT_LOOK
    from desktop_app.core.labelling.uncertainty import LOOK

    return LOOK


def _colors_in_words() -> str:
    from desktop_app.core.labelling.uncertainty import COLORS_IN_WORDS

    return COLORS_IN_WORDS
