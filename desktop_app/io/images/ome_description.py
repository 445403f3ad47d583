"""OME-XML: the description of an image, in the first page of a TIFF file or in a file of its own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path, PureWindowsPath

import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.plain_files import open_plain

COMPANION = ".companion.ome"
"""Ending of a file that describes the pictures of other files."""
LONGEST_DESCRIPTION = 64 * 2**20  # bytes: more than OME-XML takes, and a bound for what a file may claim


def described_elsewhere(path: Path, xml: str | None) -> str | None:
    """The description of a file, also where the file only tells in which other one that stands.

    Args:
        path: The file.
        xml: What stands in it; None where there is no OME-XML.

    Raises:
        UnreadableFileError: If the other file lies outside of the folder or is not there.
    """
    named = named_elsewhere(xml or "")
    if not named:
        return xml
    if len(PureWindowsPath(named).parts) != 1:
        raise outside_of_folder(path, named)
    elsewhere = path.with_name(named)
    if not elsewhere.is_file():
        raise UnreadableFileError(
            path, f"it is one part of an image, and the description of the whole ({named}) is not there.",
            hint="Put all files of this image into one folder.",
        )  # fmt: skip
    if elsewhere.name.lower().endswith(COMPANION):
        return companion_text(elsewhere)
    with tifffile.TiffFile(elsewhere) as other:
        described: str | None = other.ome_metadata
    return described


def named_elsewhere(xml: str) -> str:
    """The file that holds the description, by the OME-XML of another file; "" where that is the description."""
    if "BinaryOnly" not in xml:
        return ""
    try:
        found = [element for element in ET.fromstring(xml) if tag_of(element) == "BinaryOnly"]
    except ET.ParseError:
        return ""
    return found[0].get("MetadataFile", "") if found else ""


def companion_text(path: Path) -> str:
    """OME-XML in a file of its own.

    Raises:
        UnreadableFileError: If it is damaged, or too long to be one.
    """
    with open_plain(path) as file:
        data = file.read(LONGEST_DESCRIPTION + 1)
    if len(data) > LONGEST_DESCRIPTION:
        raise UnreadableFileError(path, "it is too long for a description.")
    try:
        text = data.decode("utf-8-sig")
        ET.fromstring(text)
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise UnreadableFileError(path, "it is damaged.", hint="Copy it again.", details=repr(error)) from error
    return text


def outside_of_folder(path: Path, name: str) -> UnreadableFileError:
    """The sentence for a file that points away from its folder."""
    return UnreadableFileError(
        path, f"it points to a file outside of its folder ({name}), which is not opened.",
        hint="Put all files of this image into one folder.",
    )  # fmt: skip


def file_name_of(element: ET.Element) -> str:
    """The file that an element of OME-XML names; "" where it names none."""
    return element.get("FileName", "") if tag_of(element) == "UUID" else ""


def tag_of(element: ET.Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rsplit("}", 1)[-1]
