"""The layers hold, and the window opens without paying for torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MOST_READ = 400
"""Own modules at a start; a room that the first sight of the window does not need is to be read later."""

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


def test_the_window_opens_before_what_only_work_needs(tmp_path: Path) -> None:
    """Half of the modules, 0.6 s of processor and 65 MB of a start: read when somebody first asks for them.

    A room of its own that opens on a click is read there, a job where it is started (the menu shows the utilities, so
    their table is read at once); rows of other tables are read by ``LateTable``.
    """
    rooms = (
        "gui.training", "gui.models", "gui.measuring", "gui.inference.pages", "gui.model_windows", "gui.tool_windows",
        "core.recipes.panoptic", "core.recipes.semantic", "core.recipes.embedding", "core.networks.residual_unet",
        "io.datasets", "io.images.tiff", "io.images.czi", "io.images.ome_zarr", "io.models.foreign", "io.web",
        "objects.agreement", "objects.measure", "ml",
    )  # fmt: skip
    libraries = (
        "scipy.ndimage", "scipy.sparse", "scipy.special", "skimage.measure", "h5py", "nibabel", "pydicom", "tifffile",
        "requests", "urllib3", "zarr", "numcodecs",
    )  # fmt: skip
    script = f"""
import sys, desktop_app.gui.app, linecache
desktop_app.gui.app.run_window()
read = [name for name in sys.modules if name.startswith("desktop_app.")]
rooms = tuple(f"desktop_app.{{room}}" for room in {rooms!r})
needless = [n for n in read if n.startswith("desktop_app.jobs.") and not n.startswith("desktop_app.jobs.utilities")]
needless += [n for n in read if n.startswith(rooms)] + [n for n in {libraries!r} if n in sys.modules]
kept = [n for n in linecache.cache if "pyqtgraph" in n]
good = not needless and len(read) <= {MOST_READ} and not kept
sys.exit(0 if good else f"needless {{needless}}, {{len(read)}} modules, sources kept {{kept[:3]}}")
"""
    own = {"VOXELWRIGHT_HOME": str(tmp_path), "VOXELWRIGHT_QUIT_AFTER_MS": "0", "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-3000:]


def test_the_probe_sees_an_import() -> None:
    assert _import_all("json", ("json",)).returncode != 0
