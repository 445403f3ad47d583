"""What a report about an unexpected error says: versions, place and traceback, and no image data."""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

_NAMED = ("voxelwright", "PySide6-Essentials", "pyqtgraph", "numpy", "torch", "monai", "zarr", "tifffile")


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One error, ready to copy.

    Attributes:
        summary: One line.
        trace: The traceback.
        when: Local time.
    """

    summary: str
    trace: str
    when: str

    @classmethod
    def of(cls, error: BaseException) -> ErrorReport:
        """The report about an exception."""
        trace = "".join(traceback.format_exception(error))
        text = str(error).strip().splitlines()
        summary = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
        return cls(summary, trace, datetime.now().astimezone().isoformat(timespec="seconds"))

    def text(self) -> str:
        """Everything, for the clipboard."""
        return "\n".join(
            (
                "Voxelwright error report",
                f"Time: {self.when}",
                f"System: {platform.platform()}, Python {platform.python_version()}",
                f"Versions: {installed_versions()}",
                "",
                self.trace,
            )
        )


def installed_versions() -> str:
    """The libraries that matter, with their versions, on one line."""
    found = []
    for name in _NAMED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
