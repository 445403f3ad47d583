"""What programs call images and labels where a file holds many arrays: so that the likeliest one is opened first."""

from __future__ import annotations

from collections.abc import Iterable

from desktop_app.io.natural_order import natural_key

_IMAGES = ("raw", "data", "image", "exported_data", "volume/data", "volumes/raw")
_LABELS = ("label", "labels", "mask", "masks", "segmentation", "gt", "seg")


def likeliest(name: str, voxels: int) -> tuple[object, ...]:
    """A key that sorts arrays: those with the name of an image, then the large ones, labels last.

    Args:
        name: Of the array, with its groups.
        voxels: How many it has.
    """
    names = (name.lower(), _last(name))
    known = min((_IMAGES.index(n) for n in names if n in _IMAGES), default=len(_IMAGES))
    return known, _last(name) in _LABELS, -voxels, natural_key(name)


def label_name(names: Iterable[str]) -> str:
    """The first name that is one of labels; "" where none is."""
    return next((name for name in names if _last(name) in _LABELS), "")


def _last(name: str) -> str:
    return name.rstrip("/").rsplit("/", 1)[-1].lower()
