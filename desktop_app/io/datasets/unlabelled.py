"""Images of a folder with labels or without, for methods that learn from images alone."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in, joined
from desktop_app.io.datasets.layout import FoundPairs
from desktop_app.io.datasets.layouts import recognise
from desktop_app.io.datasets.names import names_labels
from desktop_app.io.datasets.parts import role_of_folder
from desktop_app.io.datasets.two_folders import image_folder
from desktop_app.io.images.registry import image_stem, list_images


def images_in_folder(folder: Path) -> tuple[PairConfig, ...]:
    """All images of a folder of any known layout, each with its labels where it has some.

    Images may also lie in the folder itself, in its folder ``images``, or in folders for training, validation and test.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    found = recognise(folder)
    labelled = found.pairs if found is not None else ()
    known = {pair.image for pair in labelled} | {pair.labels for pair in labelled}
    parts = [(folder, "auto"), *((child, role_of_folder(child)) for child in folders_in(folder))]
    alone = joined(FoundPairs(_alone(place, role, known)) for place, role in parts if role is not None)
    return (*labelled, *(alone.pairs if alone is not None else ()))


def _alone(folder: Path, role: Role, known: set[str | None]) -> tuple[PairConfig, ...]:
    """The images of one folder that are not known yet and are no labels by their names."""
    files = list_images(image_folder(folder) or folder)
    return tuple(
        PairConfig(name=image_stem(file), image=str(file), role=role)
        for file in files
        if str(file) not in known and not names_labels(file)
    )
