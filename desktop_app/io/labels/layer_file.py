"""A label file as a layer over an image: only looked at, and read as it is looked at."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.layers import LabelLayer, LayerKind, LayerLook, VolumeLabels
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.recipes.looks import UNCERTAINTY_END
from desktop_app.io.images.label_reader import open_labels_of
from desktop_app.io.images.registry import image_stem


def open_layer(path: Path, image: Volume, scheme: LabelScheme, *, title: str = "", look: LayerLook) -> LabelLayer:
    """The labels of a file over an image, in the colours of ``scheme``; of a movie the time point of the image.

    What says how uncertain a result is has colours of its own, and is nothing to be taken over.

    Raises:
        UnreadableFileError: If the file cannot be read or holds no labels.
        UserError: If it does not fit the image.
    """
    if not path.exists():
        raise UserError(f"{path.name} is not there any more.", hint="Was it moved or deleted?")
    labels = open_labels_of(path, image)
    if image.times > 1 and labels.times == image.times:
        labels = labels.at_time(image.time)
    key, name = path.absolute().as_posix(), title or image_stem(path)
    if image_stem(path).endswith(UNCERTAINTY_END):
        from desktop_app.core.labelling.uncertainty import UncertaintyLabels, uncertainty_scheme

        store = UncertaintyLabels(labels)
        return LabelLayer(key, name, store, LayerKind.MAP, uncertainty_scheme(), look, path=path)
    return LabelLayer(key, name, VolumeLabels(labels), scheme=scheme, look=look, path=path)
