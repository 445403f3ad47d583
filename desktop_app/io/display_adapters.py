"""Who made the graphics cards of this computer, as its system lists them: no driver of theirs is asked."""

from __future__ import annotations

import ctypes
import platform
import re
import sys
from pathlib import Path
from typing import Any

_MAKERS = {"10de": "NVIDIA", "1002": "AMD", "8086": "Intel"}
"""By the numbers that the PCI consortium gave them (https://pcisig.com/membership/member-companies)."""
_DISPLAY = "0x03"  # first digits of the class of a PCI device that draws, or computes and could draw
_PCI = Path("/sys/bus/pci/devices")
_VENDOR = re.compile(r"VEN_([0-9A-F]{4})", re.IGNORECASE)


def makers_of_cards() -> frozenset[str]:
    """NVIDIA, AMD, Intel and Apple, if they made one of the cards here; empty where the system doesn't tell."""
    if sys.platform == "darwin":
        return frozenset({"Apple"}) if platform.machine() == "arm64" else frozenset()
    return makers_on_windows(_windows_names()) if sys.platform == "win32" else makers_on_linux(_PCI)


def makers_on_linux(devices: Path) -> frozenset[str]:
    """By the kernel's list of PCI devices, a folder each."""
    found = set()
    for device in devices.glob("*"):
        try:
            kind = (device / "class").read_text(encoding="ascii")
            vendor = (device / "vendor").read_text(encoding="ascii").strip().removeprefix("0x")
        except (OSError, UnicodeDecodeError):
            continue
        if kind.startswith(_DISPLAY) and vendor in _MAKERS:
            found.add(_MAKERS[vendor])
    return frozenset(found)


def makers_on_windows(names: list[str]) -> frozenset[str]:
    r"""By the names that Windows gives to what is plugged in, such as ``PCI\VEN_10DE&DEV_2786&…``."""
    vendors = {found[1].lower() for name in names if (found := _VENDOR.search(name))}
    return frozenset(_MAKERS[vendor] for vendor in vendors & set(_MAKERS))


def _windows_names() -> list[str]:
    """The adapters that Windows draws with, or could."""

    class Adapter(ctypes.Structure):
        # DISPLAY_DEVICEW of Windows: lengths in characters.
        _fields_ = (
            ("size", ctypes.c_uint32),
            ("name", ctypes.c_wchar * 32),
            ("title", ctypes.c_wchar * 128),
            ("flags", ctypes.c_uint32),
            ("identity", ctypes.c_wchar * 128),
            ("key", ctypes.c_wchar * 128),
        )

    library: Any = getattr(ctypes, "windll").user32  # noqa: B009  # known to type checkers on Windows alone
    names: list[str] = []
    adapter = Adapter(size=ctypes.sizeof(Adapter))
    while library.EnumDisplayDevicesW(None, len(names), ctypes.byref(adapter), 0):
        names.append(str(adapter.identity))
    return names
