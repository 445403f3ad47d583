"""Images of a folder with labels or without, for methods that learn from images alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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

    Images may also lie in the folder itself, in its folder ``images``, or in folders for training, validation and test;
    also those of a part whose folder of labels is not there are taken.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    found = recognise(folder)
    labelled = found.pairs if found is not None else ()
    known = {pair.image for pair in labelled} | {pair.labels for pair in labelled}
    parts = [(folder, "auto"), *((child, role_of_folder(child)) for child in folders_in(folder))]
    bare = [_alone(place, role, known) for place, role in parts if role is not None]
    bare.append(tuple(_unlabelled(file, "auto") for file in (found.unlabelled if found is not None else ())))
    alone = joined(map(FoundPairs, bare))
    return (*labelled, *(alone.pairs if alone is not None else ()))


def unlabelled_words(images: Sequence[Path]) -> str:
    """A sentence about images of a part whose folder of labels is not there; empty where there are none."""
    if not images:
        return ""
    counts = Counter(image.parent.name for image in images)
    where = " and ".join(f"{count} image{'s' * (count > 1)} in {name}" for name, count in counts.items())
    there = " and ".join(name.replace("images", "labels") for name in counts)
    return (
        f"Left out, because they have no labels (there is no folder {there}): {where}. Put their labels there to take "
        "them along, or run a model on them."
    )


def _alone(folder: Path, role: Role, known: set[str | None]) -> tuple[PairConfig, ...]:
    """The images of one folder that are not known yet and are no labels by their names."""
    files = list_images(image_folder(folder) or folder)
    return tuple(_unlabelled(file, role) for file in files if str(file) not in known and not names_labels(file))


def _unlabelled(file: Path, role: Role) -> PairConfig:
    return PairConfig(name=image_stem(file), image=str(file), role=role)
