"""The layers hold, and the window opens without paying for torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
heavy = sorted(name for name in {banned!r} if name in sys.modules)
sys.exit("imported: " + ", ".join(heavy) if heavy else 0)
"""


def _import_all(package: str, banned: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    script = IMPORT_ALL.format(package=package, banned=banned)
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_contracts_between_layers_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-1000:]


@pytest.mark.parametrize(
    ("package", "banned"),
    [
        ("desktop_app.gui", ("torch", "monai", "desktop_app.ml")),
        ("desktop_app.cli", ("torch", "monai", "desktop_app.ml", "PySide6")),
        ("desktop_app.jobs", ("torch", "monai", "desktop_app.ml", "PySide6")),
        ("desktop_app.core", ("torch", "PySide6", "desktop_app.io", "desktop_app.objects")),
        ("desktop_app.objects", ("torch", "PySide6", "desktop_app.io")),
        ("desktop_app.io", ("torch", "PySide6", "desktop_app.objects")),
    ],
)
def test_importing_a_layer_leaves_the_heavy_ones_alone(package: str, banned: tuple[str, ...]) -> None:
    answer = _import_all(package, banned)
    assert answer.returncode == 0, answer.stderr[-3000:]


def test_the_window_opens_before_what_only_work_needs() -> None:
    """50 MB and half a second of a start: loaded when an operation or a score first asks for them."""
    needless = ("scipy.ndimage", "scipy.sparse", "scipy.special", "skimage.measure", "h5py", "nibabel", "pydicom")
    script = f"import sys, desktop_app.gui.app; sys.exit(', '.join(n for n in {needless!r} if n in sys.modules) or 0)"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stderr[-3000:]


def test_the_probe_sees_an_import() -> None:
    assert _import_all("json", ("json",)).returncode != 0
