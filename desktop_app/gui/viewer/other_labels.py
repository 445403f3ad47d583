"""The label layers of an image that are not edited lie over it, to be looked at, compared and taken over."""

from __future__ import annotations

import logging

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling.layers import (
    OTHER_LABELS,
    RESULT_LOOK,
    BoxLabels,
    LabelLayer,
    LabelReader,
    LayerKind,
    VolumeLabels,
)
from desktop_app.core.project import Item
from desktop_app.gui.session import Session
from desktop_app.gui.session.layers import Layers
from desktop_app.io.images.label_reader import open_labels_of
from desktop_app.io.projects import OpenProject

_log = logging.getLogger(__name__)


class OtherLabels:
    """Keeps these layers in step with what the session has open; call ``refresh`` whenever that changes."""

    def __init__(self, session: Session, layers: Layers) -> None:
        self._session, self._layers = session, layers

    def refresh(self) -> None:
        """Read the saved labels of all layers but the one that is edited."""
        opened, item, volume = self._session.open_project, self._session.item, self._session.volume
        layers = self._layers
        wanted = {} if item is None else {key: name for key, name in item.label_layers.items() if key != item.edited}
        gone = [layer.key for layer in layers.stack if layer.label_layer is not None]
        layers.remove(*(set(gone) - {OTHER_LABELS + key for key in wanted}))
        if opened is None or item is None or volume is None:
            return
        for key, name in wanted.items():
            old = layers.get(OTHER_LABELS + key)
            look = RESULT_LOOK if old is None else old.look
            store = _saved(opened, item, volume, key)
            layers.put(LabelLayer(OTHER_LABELS + key, name, store, LayerKind.LABELS, opened.project.scheme, look))


def _saved(opened: OpenProject, item: Item, volume: Volume, key: str) -> LabelReader:
    """The saved labels of a layer at the time point shown; empty where nothing was painted yet."""
    path = opened.label_path(item.id, volume.time, key)
    if path.exists():
        try:
            return VolumeLabels(open_labels_of(path, volume.alone()))
        except UserError as error:
            _log.warning("The label layer %s of %s is not shown: %s", key, item.name, error)
    nothing = Region((0, 0, 0), (0, 0, 0))
    return BoxLabels(volume.shape, nothing, np.zeros(nothing.shape, np.uint32), volume.time, volume.time)
