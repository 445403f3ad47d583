"""The types of files that the three systems are told of."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import file_types
import pytest

from desktop_app.io.images.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
_SPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"


def _described() -> dict[str, list[str]]:
    """Patterns of file names by type, as Linux is told."""
    found = ElementTree.fromstring(file_types.mime_package(ROOT))
    return {
        one.attrib["type"]: [glob.attrib["pattern"] for glob in one.iter(f"{_SPACE}glob")]
        for one in found.iter(f"{_SPACE}mime-type")
    }


def test_every_image_file_has_a_type_that_the_menu_entry_lists() -> None:
    described = _described()
    (line,) = (text for text in file_types.desktop_entry(ROOT).splitlines() if text.startswith("MimeType="))
    listed = line.removeprefix("MimeType=").rstrip(";").split(";")
    assert set(described) <= set(listed)
    assert len(listed) == len(set(listed))
    assert {"application/x-voxelwright-project", "image/tiff", "image/x-nifti", "image/x-czi"} <= set(listed)
    for form in FORMATS.values():
        for ending in () if form.folder else form.endings:
            patterns = [pattern for of_type in described.values() for pattern in of_type]
            last = "." + ending.rpartition(".")[2]
            known = f"*{ending}" in patterns or last in file_types.SYSTEM_TYPES
            assert known is not (ending in file_types.TOO_COMMON), ending


def test_folders_are_no_files() -> None:
    assert "ome-zarr" not in file_types.image_endings()
    assert "*.zarr" not in str(_described())


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("update-mime-database"), reason="asks Linux's list of types"
)
def test_a_packed_nifti_is_no_mere_archive(tmp_path: Path) -> None:
    """Both patterns fit `.nii.gz`; the list must prefer ours to that of packed files."""
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "ours.xml").write_text(file_types.mime_package(ROOT), encoding="utf-8")
    (packages / "usual.xml").write_text(
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info"><mime-type type="application/gzip">'
        '<glob pattern="*.gz"/></mime-type></mime-info>',
        encoding="ascii",
    )
    subprocess.run(["update-mime-database", str(tmp_path)], check=True, capture_output=True)
    lines = (tmp_path / "globs2").read_text(encoding="utf-8").splitlines()
    weights = {pattern: int(weight) for weight, _, pattern in (line.split(":")[:3] for line in lines if line[0] != "#")}
    assert weights["*.nii.gz"] >= weights["*.gz"]
    assert weights["*.nii"] < weights["*.gz"]


def test_windows_hears_of_the_last_part_alone() -> None:
    text = file_types.windows_include()
    assert text.startswith("!macro ImageTypes Each\n")
    assert '  !insertmacro ${Each} ".nii"\n' in text
    assert ".gz" not in text


def test_a_mac_offers_the_program_and_takes_nothing_over() -> None:
    facts = plistlib.loads(file_types.info_plist(ROOT, "1.2.3"))
    assert (facts["CFBundleVersion"], facts["CFBundleShortVersionString"]) == ("1.2.3", "1.2.3")
    *own, images = facts["CFBundleDocumentTypes"]
    assert {one["LSHandlerRank"] for one in own} == {"Owner"}
    assert images["LSHandlerRank"] == "Alternate"
    assert "tif" in images["CFBundleTypeExtensions"]
