"""What only the user can know about files that are added, put as questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.image_format import Series
from desktop_app.io.images.slices import slice_files

BOTH_DONE = "Images and labels, as completely labelled"
BOTH = "Images and labels, to be looked through first"
IMAGES_ALONE = "The images alone"


def series_question(path: Path, inside: Sequence[Series]) -> tuple[str, str, list[str], str]:
    """Title, text, answers and the usual answer of the question which image of a file is meant."""
    names = [series.describe() for series in inside]
    text = f"{shown_name(path)} holds {len(inside)} images. Which one is meant? “Axes and voxel size…” changes it."
    return "Which image of the file?", text, names, names[0]


def all_of_them(inside: Sequence[Series]) -> str:
    """The further answer that takes every image of a file."""
    return f"All {len(inside)}, as images of their own"


def stack_question(folder: Path) -> tuple[str, str, str, str]:
    """Title, text and both answers of the question whether a folder is one image."""
    count = len(slice_files(folder))
    text = (
        f"The folder {shown_name(folder)} holds {count} pictures of one size. Are they the slices of one image, or "
        f"{count} images of their own?"
    )
    return "One image or many?", text, f"One stack of {count} slices", f"{count} images"


def labels_question(count: int) -> tuple[str, str, list[str], str]:
    """Title, text, answers and the usual answer of the question whether labels come with their images."""
    are = "One of the images has its labels" if count == 1 else f"{count} of the images have their labels"
    text = f"{are} in this folder. What shall be added?"
    return "Images with labels", text, [BOTH_DONE, BOTH, IMAGES_ALONE], BOTH_DONE


def deeper_question(folder: Path, files: tuple[Path, ...]) -> tuple[str, str, str]:
    """Title, text and yes-answer of the question whether images of folders inside are meant."""
    places, count = len({path.parent for path in files}), len(files)
    inside = "a folder" if places == 1 else f"{places} folders"
    images = "an image" if count == 1 else f"{count} images"
    text = f"{shown_name(folder)} holds no image itself, but there {'is' if count == 1 else 'are'} {images} in {inside}"
    return "Images in folders inside", f"{text} inside it. Add {'it' if count == 1 else 'them'}?", f"Add {images}"
