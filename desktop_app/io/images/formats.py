"""The image formats, in one table."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path

from desktop_app.core.late_table import LateTable
from desktop_app.io.images.image_format import ImageFormat


def _read_formats() -> tuple[ImageFormat, ...]:
    from desktop_app.io.images.czi import CZI
    from desktop_app.io.images.dicom import DICOM
    from desktop_app.io.images.hdf5 import HDF5
    from desktop_app.io.images.lif import LIF
    from desktop_app.io.images.mrc import MRC
    from desktop_app.io.images.n5 import N5
    from desktop_app.io.images.nd2 import ND2
    from desktop_app.io.images.nifti_format import NIFTI
    from desktop_app.io.images.nrrd import NRRD
    from desktop_app.io.images.numpy_files import NUMPY, NUMPY_ARCHIVE
    from desktop_app.io.images.oib import OIB
    from desktop_app.io.images.ome_companion import OME_COMPANION
    from desktop_app.io.images.ome_zarr_format import OME_ZARR
    from desktop_app.io.images.picture import PICTURES
    from desktop_app.io.images.tiff_format import TIFF
    from desktop_app.io.images.web_image import WEB_IMAGE

    return (
        TIFF,
        OME_COMPANION,
        OME_ZARR,
        N5,
        HDF5,
        NIFTI,
        NRRD,
        MRC,
        NUMPY,
        NUMPY_ARCHIVE,
        CZI,
        LIF,
        ND2,
        OIB,
        DICOM,
        PICTURES,
        WEB_IMAGE,
    )


FORMATS: MutableMapping[str, ImageFormat] = LateTable(_read_formats)
DEFAULT = "tiff"
"""The format of labels and images where nothing else is asked for: every other program reads it."""


def format_of(path: Path) -> ImageFormat | None:
    """The format of a file by its ending, the longest that fits; of a folder without any by what it holds."""
    found = _ending_and_format(path)
    return found[1] if found else next((f for f in FORMATS.values() if f.sniff_folder and f.sniff_folder(path)), None)


def ending_of(path: Path) -> str:
    """The ending of an image file as it stands in its name, with all its parts; "" where it is no image."""
    found = _ending_and_format(path)
    return path.name[len(path.name) - len(found[0]) :] if found else ""


def with_ending(path: Path, ending: str) -> Path:
    """A path with an ending behind its name, whatever dots the name has."""
    return path.with_name(path.name + ending)


def label_ending(image: Path) -> str:
    """The ending of label files for an image: of the same format, or of the usual one where it holds no labels."""
    form = format_of(image)
    return form.label_ending if form is not None and form.label_ending else FORMATS[DEFAULT].label_ending


def listed(words: list[str], last: str = "or") -> str:
    """Words as in a sentence: ``a, b or c``."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _ending_and_format(path: Path) -> tuple[str, ImageFormat] | None:
    name = path.name.lower()
    for ending, form in _longest_first(tuple(FORMATS.values())).get(name.rpartition(".")[2], ()):
        if name.endswith(ending):
            return ending, form
    return None


@lru_cache(maxsize=8)  # one in the program; tests put toys into the table
def _longest_first(forms: tuple[ImageFormat, ...]) -> dict[str, list[tuple[str, ImageFormat]]]:
    """Endings with their formats by their last part, the longest first; folders hold thousands of files."""
    found: dict[str, list[tuple[str, ImageFormat]]] = {}
    for ending, form in sorted(((e, f) for f in forms for e in f.endings), key=lambda pair: -len(pair[0])):
        found.setdefault(ending.rpartition(".")[2], []).append((ending, form))
    return found
