"""The true labels and the result of a model over an image, at a place where they differ most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.advice.record import MistakePlace
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling.layers import RESULT_LOOK, BoxLabels, LabelLayer, LayerLook
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels.layer_file import open_layer

_TRUE, _RESULT = "True labels", "Result of the model"
_SAFE = "Nothing that you draw changes these files."


class MistakeLayers:
    """Lays them over the open image, to look at; files are never written to.

    Args:
        context: Of the main window.
    """

    def __init__(self, context: WindowContext) -> None:
        self._session, self._notifier = context.session, context.notifier

    def lay(self, place: MistakePlace) -> None:
        """Show what belongs to a place of the open image; the project's own labels are there already."""
        opened, volume = self._session.open_project, self._session.volume
        if opened is None or volume is None:
            return
        layers, scheme, before = self._session.layers, opened.project.scheme, self._session.layers.stack
        with self._notifier.errors_told():
            if place.labels and Path(place.labels).parent != opened.folder / "labels":
                true = open_layer(Path(place.labels), volume, scheme, title=_TRUE, look=LayerLook())
                if layers.get(true.key) is None:
                    layers.put(true)
        with self._notifier.errors_told():
            if place.found:
                layers.put(_result(place, volume, scheme))
        known = {layer.key for layer in before}
        new = [f"“{layer.title}”" for layer in layers.stack if layer.key not in known]
        if new:
            verb = "lie" if len(new) > 1 else "lies"
            self._notifier.info(f"{' and '.join(new)} {verb} over the image, to look at. {_SAFE}")


def _result(place: MistakePlace, volume: Volume, scheme: LabelScheme) -> LabelLayer:
    """What was found around a place, the rest being empty.

    Raises:
        UnreadableFileError: If the run has lost it.
    """
    path = Path(place.found)
    labels = open_labels(path)
    box = Region.whole(labels.shape).shift(place.found_at)
    store = BoxLabels(volume.shape, box, labels.read().astype(np.uint32), place.time, volume.time)
    return LabelLayer(path.as_posix(), _RESULT, store, scheme=scheme, look=RESULT_LOOK, path=path)
