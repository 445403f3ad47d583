"""Which files the program opens, as the three systems want to be told: “Open with” offers it for images, no more.

The images are those of the table of formats, so that a new format is offered without a word here. Endings of two parts
(`.nii.gz`) are known to Linux alone: Windows and macOS look at the last part.
"""

from __future__ import annotations

import plistlib
from pathlib import Path
from xml.sax.saxutils import escape

SYSTEM_TYPES = {
    ".tif": "image/tiff", ".tiff": "image/tiff", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    ".h5": "application/x-hdf", ".hdf5": "application/x-hdf", ".hdf": "application/x-hdf",
    ".dcm": "application/dicom",
}  # fmt: skip
"""What shared-mime-info, which every Linux desktop has, calls them."""
TOO_COMMON = frozenset({".map", ".st", ".ali", ".rec", ".web.json"})
"""Endings that many other kinds of files have; such images are opened from within the program."""
_WEIGHTS = {1: 40, 2: 50}
"""Of 100, by the parts of an ending. 50 is usual: what another program says of the same ending counts for more, and
`.nii.gz` is still longer than `.gz`."""
_DESKTOP, _MIME = "installer/linux/voxelwright.desktop", "installer/linux/voxelwright.xml"


def image_endings() -> dict[str, list[str]]:
    """Endings of image files that may be offered, by the format's name."""
    from desktop_app.io.images.formats import FORMATS

    files = (form for form in FORMATS.values() if not form.folder)
    return {form.name: [ending for ending in form.endings if ending not in TOO_COMMON] for form in files}


def single_endings() -> list[str]:
    """Endings of one part, in order, for systems that look at the last part alone."""
    return sorted({ending for endings in image_endings().values() for ending in endings if ending.count(".") == 1})


def desktop_entry(root: Path) -> str:
    """The entry of Linux's menu, with the types of all images behind those of the program's own files."""
    types = [_system_type(ending) or _own_type(name) for name, all_of in image_endings().items() for ending in all_of]
    text = (root / _DESKTOP).read_text(encoding="utf-8")
    lines = (
        f"{line}{';'.join(dict.fromkeys(types))};" if line.startswith("MimeType=") else line
        for line in text.splitlines()
    )
    return "\n".join(lines) + "\n"


def mime_package(root: Path) -> str:
    """Linux's description of the types: the program's own, and those of images that it does not know by itself."""
    from desktop_app.io.images.formats import FORMATS

    added = []
    for name, endings in image_endings().items():
        unknown = [ending for ending in endings if not _system_type(ending)]
        if unknown:
            globs = "".join(_glob(ending) for ending in unknown)
            comment = f"    <comment>{escape(FORMATS[name].kind)}</comment>\n"
            added.append(f'  <mime-type type="{_own_type(name)}">\n{comment}{globs}  </mime-type>\n')
    own, end, rest = (root / _MIME).read_text(encoding="utf-8").rpartition("</mime-info>")
    return f"{own}{''.join(added)}{end}{rest}"


def windows_include() -> str:
    """Lines of an NSIS script: a macro that inserts another macro for each ending."""
    calls = "".join(f'  !insertmacro ${{Each}} "{ending}"\n' for ending in single_endings())
    return f"!macro ImageTypes Each\n{calls}!macroend\n"


def info_plist(root: Path, version: str) -> bytes:
    """The app bundle's description of itself; images come as an alternative to what opens them otherwise."""
    facts = plistlib.loads((root / "installer/macos/Info.plist").read_bytes())
    facts["CFBundleShortVersionString"] = facts["CFBundleVersion"] = version
    facts["CFBundleDocumentTypes"].append(
        {
            "CFBundleTypeName": "Image",
            "CFBundleTypeRole": "Viewer",
            "LSHandlerRank": "Alternate",
            "CFBundleTypeExtensions": [ending[1:] for ending in single_endings()],
        }
    )
    return plistlib.dumps(facts, sort_keys=False)


def _glob(ending: str) -> str:
    return f'    <glob pattern="*{ending}" weight="{_WEIGHTS[ending.count(".")]}"/>\n'


def _system_type(ending: str) -> str:
    return SYSTEM_TYPES.get("." + ending.rpartition(".")[2], "")


def _own_type(name: str) -> str:
    return f"image/x-{name}"
