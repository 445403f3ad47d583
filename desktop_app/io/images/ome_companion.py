"""OME-TIFF sets whose description is a file of its own, ``NAME.companion.ome``.

Source: the OME-TIFF specification, “multi-file filesets with a companion OME-XML metadata file”.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Volume
from desktop_app.io.images.image_format import ImageFormat, Series, choose_series, distinct, others_note
from desktop_app.io.images.ome_description import COMPANION, companion_text, file_name_of, outside_of_folder, tag_of
from desktop_app.io.images.tiff import open_tiff
from desktop_app.io.images.tiff_image import description_of, files_of_image


def open_companion(path: Path, cache_bytes: int, reading: ImageReading) -> Volume:
    """A volume over an image that a description tells of.

    Raises:
        UnreadableFileError: If the description is damaged, or its files are not there.
    """
    images = _images(path)
    names = distinct([image.get("Name", "") for image in images])
    chosen = choose_series(path, names, reading.series)
    first = _first_file(path, images[chosen])
    together = [image for image in images if _first_file(path, image) == first]
    series = images[chosen].get("Name", "") if len(together) > 1 else ""
    volume = open_tiff(first, cache_bytes, reading.model_copy(update={"series": series}))
    name = path.name[: -len(COMPANION)]
    return replace(volume, path=path, name=name, notes=(*volume.notes, *others_note(names, chosen)))


def companion_series(path: Path) -> tuple[Series, ...]:
    """The images that a description tells of."""
    images = _images(path)
    names = distinct([image.get("Name", "") for image in images])
    return tuple(description_of(name, image) for name, image in zip(names, images, strict=True))


def files_of_companion(path: Path) -> tuple[Path, ...]:
    """The description and the files of its images."""
    try:
        first = [_first_file(path, image) for image in _images(path)]
    except UnreadableFileError:
        return (path,)
    return tuple(dict.fromkeys((path, *(file for one in first for file in files_of_image(one)))))


def _images(path: Path) -> list[ET.Element]:
    root = ET.fromstring(companion_text(path))
    images = [element for element in root if tag_of(element) == "Image"]
    if not images:
        raise UnreadableFileError(path, "it describes no image.", hint="Copy it again.")
    return images


def _first_file(path: Path, image: ET.Element) -> Path:
    """The first file of an image; it lies beside the description."""
    names = [name for name in (file_name_of(element) for element in image.iter()) if name]
    if not names:
        raise UnreadableFileError(path, "it names no file with pictures.", hint="Open the TIFF file itself.")
    if len(PureWindowsPath(names[0]).parts) != 1:
        raise outside_of_folder(path, names[0])
    first = path.with_name(names[0])
    if not first.is_file():
        raise UnreadableFileError(
            path, f"{names[0]}, which it describes, is not there.", hint="Put all files of this image into one folder."
        )
    return first


def _sniff(start: bytes) -> str:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "an OME description" if text.startswith((b"<?xml", b"<OME")) else ""


OME_COMPANION = ImageFormat(
    name="ome-companion",
    title="OME-TIFF with a companion file",
    kind="OME description",
    endings=(COMPANION,),
    open=open_companion,
    sniff=_sniff,
    series=companion_series,
    files=files_of_companion,
)
