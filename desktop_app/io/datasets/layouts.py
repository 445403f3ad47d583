"""How folders of images and labels are laid out, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.names import PairingResult, match, names_labels, without_words
from desktop_app.io.images.registry import image_stem, list_images
from desktop_app.io.natural_order import natural_key

_IMAGES = ("images", "image", "img", "imgs", "raw")
_LABELS = ("labels", "label", "masks", "mask", "annotations", "ground_truth", "groundtruth", "gt")
_PARTS: dict[str, Role] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatasetLayout:
    """A folder of images and labels that was recognised.

    Attributes:
        name: Key of the layout.
        title: What it looks like, for the user.
        folder: The folder.
        pairs: Images with their labels.
        unmatched: Images without labels and labels without an image.
    """

    name: str
    title: str
    folder: Path
    pairs: tuple[PairConfig, ...]
    unmatched: tuple[Path, ...] = ()


def recognise(folder: Path) -> DatasetLayout | None:
    """The layout of a folder; None where no image with labels is found.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UnreadableFileError(folder, "there is no such folder.", hint="Was it moved or renamed?")
    for name, title, find in LAYOUTS:
        found = find(folder)
        if found is not None and found.pairs:
            return DatasetLayout(name, title, folder, found.pairs, found.unmatched)
    return None


def pairs_in_folder(folder: Path) -> tuple[PairConfig, ...]:
    """Images with their labels in a folder of any known layout; nothing where there are none.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    layout = recognise(folder)
    return layout.pairs if layout else ()


def find_pairs(images: Path, labels: Path) -> PairingResult:
    """Images of one folder and label files of another, matched by name.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    return match(list_images(images), list_images(labels))


def as_pairs(result: PairingResult, role: Role = "auto", prefix: str = "") -> tuple[PairConfig, ...]:
    """Matched files as training pairs; their names get ``prefix`` in front."""
    return tuple(
        PairConfig(name=prefix + image_stem(image), image=str(image), labels=str(labels), role=role)
        for image, labels in result.pairs
    )


@dataclass(frozen=True, slots=True)
class _Found:
    pairs: tuple[PairConfig, ...]
    unmatched: tuple[Path, ...] = ()


def _two_folders(folder: Path, role: Role = "auto", prefix: str = "") -> _Found | None:
    images, labels = _child(folder, _IMAGES), _child(folder, _LABELS)
    if images is None or labels is None:
        return None
    result = find_pairs(images, labels)
    return _Found(as_pairs(result, role, prefix), (*result.unmatched_images, *result.unmatched_labels))


def _parts(folder: Path) -> _Found | None:
    found: list[_Found] = []
    for child in _folders(folder):
        role = _PARTS.get(child.name.casefold())
        if role is not None:
            inner = _two_folders(child, role) or _volumes(child, role) or _beside(child, role)
            found += [inner] if inner else []
    return _joined(found)


def _volumes(folder: Path, role: Role = "auto") -> _Found | None:
    inner = ((child.name, _two_folders(child, role, f"{child.name}/")) for child in _folders(folder))
    return _joined([_of_group(found, name) for name, found in inner if found])


def _of_group(found: _Found, group: str) -> _Found:
    return _Found(tuple(pair.model_copy(update={"group": group}) for pair in found.pairs), found.unmatched)


def _beside(folder: Path, role: Role = "auto") -> _Found | None:
    files = list_images(folder)
    labels = [p for p in files if names_labels(p)]
    images = [p for p in files if not names_labels(p)]
    result = match(images, labels)
    if not result.pairs:
        return None
    named = tuple(
        PairConfig(name=without_words(image) or folder.name, image=str(image), labels=str(mask), role=role)
        if not without_words(image) else pair
        for (image, mask), pair in zip(result.pairs, as_pairs(result, role), strict=True)
    )  # fmt: skip
    return _Found(named, (*result.unmatched_images, *result.unmatched_labels))


def _joined(found: list[_Found]) -> _Found | None:
    if not found:
        return None
    pairs = _distinct([pair for f in found for pair in f.pairs])
    return _Found(pairs, tuple(p for f in found for p in f.unmatched))


def _distinct(pairs: list[PairConfig]) -> tuple[PairConfig, ...]:
    """Pairs of the same name in several parts are told apart by their part."""
    names = [p.name for p in pairs]
    return tuple(p.model_copy(update={"name": f"{p.role}/{p.name}"}) if names.count(p.name) > 1 else p for p in pairs)


def _child(folder: Path, names: tuple[str, ...]) -> Path | None:
    children = {p.name.casefold(): p for p in _folders(folder)}
    return next((children[name] for name in names if name in children), None)


def _folders(folder: Path) -> list[Path]:
    try:
        found = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder may not be read.", details=repr(error)) from error
    return sorted(found, key=lambda p: natural_key(p.name))


LAYOUTS: tuple[tuple[str, str, Callable[[Path], _Found | None]], ...] = (
    ("parts", "Folders train, val and test, each with images and labels", _parts),
    ("two folders", "A folder with images and one with labels", _two_folders),
    ("volumes", "One folder per volume, each with images and masks", _volumes),
    ("beside", "Images with their labels beside them", _beside),
)
