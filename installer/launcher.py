"""The built program's first step: choose the layers, then start the program that lies in them.

What is installed has two layers. The runtime (Python, torch, Qt, all libraries, and this file) has a folder named by
the hash of its content; the app (Voxelwright itself) is small and lies beside it in ``app``. An update puts a second
app, and GPU support a second torch, into the user's own folder of layers; ``layers.json`` there says which to use.
Standard library only, apart from platformdirs: nothing of the program can be imported before it is chosen.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LAYERS = "VOXELWRIGHT_LAYERS"
"""Environment variable that tells the program, and its workers, which layers it runs in."""
STATE_FILE = "layers.json"
APP_FILE, GPU_FILE, RUNTIME_FILE = "app.json", "layer.json", "runtime.json"
MOST_TRIES = 2
"""Starts of an updated app that never showed its window before the one before it is used again."""
TRIAL = "--try-gpu"
"""With a folder behind it: try the layer there, whatever is chosen."""
DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
"""NVIDIA's driver by ``sys.platform``; systems that are not named have none."""


@dataclass
class Choice:
    """Which layers the program runs in.

    Attributes:
        runtime: Hash of the runtime layer's content.
        app: Folder of the app layer.
        gpu: Folder of the layer with a torch for GPUs, None for the CPU's.
        notes: What the user has to know: why something newer is not used.
    """

    runtime: str
    app: Path
    gpu: Path | None = None
    notes: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """For the environment variable."""
        gpu = str(self.gpu) if self.gpu is not None else ""
        return json.dumps({"runtime": self.runtime, "app": str(self.app), "gpu": gpu, "notes": self.notes})


def choose(installed: Path, layers: Path, driver_loads: bool) -> Choice:
    """Decide between what was installed and what lies in the user's folder of layers.

    Args:
        installed: The installation, with the folder ``app`` and the runtime in it.
        layers: The user's folder of layers; need not exist.
        driver_loads: Whether NVIDIA's driver answers.
    """
    bundled = installed / "app"
    runtime = _text(_read(_runtime_folder(installed) / RUNTIME_FILE), "hash")
    state = _read(layers / STATE_FILE)
    choice = Choice(runtime, bundled)
    _choose_app(choice, layers, state)
    _choose_gpu(choice, layers, state, driver_loads)
    return choice


def _choose_app(choice: Choice, layers: Path, state: dict[str, Any]) -> None:
    wanted = state.get("app")
    if not isinstance(wanted, dict) or not _text(wanted, "folder"):
        return
    folder = layers / Path(_text(wanted, "folder")).name
    facts, bundled = _read(folder / APP_FILE), _read(choice.app / APP_FILE)
    version = _text(facts, "version") or folder.name
    if not facts:
        choice.notes.append(f"The update in {folder} is damaged, so the installed version runs.")
    elif _text(facts, "runtime") != choice.runtime:
        choice.notes.append(f"Version {version} needs another runtime, so the installed version runs.")
    elif _numbers(_text(facts, "version")) < _numbers(_text(bundled, "version")):
        return  # a newer program was installed over it
    elif not wanted.get("confirmed") and int(wanted.get("starts", 0)) >= MOST_TRIES:
        _go_back(choice, layers, state, version)
    else:
        choice.app = folder
        if not wanted.get("confirmed"):
            wanted["starts"] = int(wanted.get("starts", 0)) + 1
            _write(layers / STATE_FILE, state)


def _go_back(choice: Choice, layers: Path, state: dict[str, Any], version: str) -> None:
    """Use the app before the update again."""
    before = Path(_text(state["app"], "before")).name
    state["app"] = {"folder": before, "before": "", "confirmed": True, "starts": 0} if before else None
    _write(layers / STATE_FILE, state)
    choice.notes.append(f"Version {version} did not start {MOST_TRIES} times, so the version before it runs again.")
    if before and _text(_read(layers / before / APP_FILE), "runtime") == choice.runtime:
        choice.app = layers / before


def _choose_gpu(choice: Choice, layers: Path, state: dict[str, Any], driver_loads: bool) -> None:
    wanted = state.get("gpu")
    if not isinstance(wanted, dict) or not _text(wanted, "folder"):
        return
    folder = layers / Path(_text(wanted, "folder")).name
    facts = _read(folder / GPU_FILE)
    if not facts:
        why = f"its files in {folder} are damaged or gone"
    elif _size_below(folder) < int(facts.get("unpacked", 0)):
        why = f"its files in {folder} are cut off or gone"
    elif _text(facts, "runtime") not in ("", choice.runtime):
        why = "it was made for another version of the program; get GPU support again"
    elif not wanted.get("works"):
        why = _text(wanted, "reason") or "it has not been tested on this computer"
    elif not driver_loads:
        why = "NVIDIA's driver is not there or does not answer"
    else:
        choice.gpu = folder
        return
    choice.notes.append(f"GPU support is not used, models are computed on the processor: {why}.")


def enter(choice: Choice) -> None:
    """Let imports find the layers: the GPU's torch before the runtime's, the app before both."""
    front = [str(choice.app)] + ([str(choice.gpu)] if choice.gpu is not None else [])
    sys.path[:0] = front
    os.environ[LAYERS] = choice.as_text()


def layers_folder() -> Path:
    """The user's folder of layers; ``VOXELWRIGHT_HOME`` names another place for everything of the user."""
    chosen = os.environ.get("VOXELWRIGHT_HOME")
    if chosen:
        return Path(chosen, "layers")
    import platformdirs

    return Path(platformdirs.user_data_dir("voxelwright", appauthor=False), "layers")


def driver_answers(platform: str = sys.platform) -> bool:
    """Whether NVIDIA's driver can be loaded; nothing is computed."""
    name = DRIVERS.get(platform)
    if name is None:
        return False
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def main() -> int:
    """Choose, then run; a worker of the running program takes what that chose."""
    chosen = os.environ.get(LAYERS) if "--multiprocessing-fork" in sys.argv else None
    if chosen:
        facts = json.loads(chosen)
        enter(Choice(facts["runtime"], Path(facts["app"]), Path(facts["gpu"]) if facts["gpu"] else None))
    else:
        layers = layers_folder()
        wants_gpu = bool(_read(layers / STATE_FILE).get("gpu"))
        choice = choose(Path(sys.executable).resolve().parent.parent, layers, wants_gpu and driver_answers())
        if sys.argv[1:2] == [TRIAL] and len(sys.argv) == 3:
            choice.gpu = Path(sys.argv[2])
        enter(choice)
    multiprocessing.freeze_support()
    from desktop_app.__main__ import main as run

    return run()


def _size_below(folder: Path) -> int:
    """Bytes of all files below a folder; a look at some thousand names takes a tenth of a second."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _runtime_folder(installed: Path) -> Path:
    return next(iter(sorted(installed.glob("runtime-*"))), installed)


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; empty where it is not there or damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(path: Path, value: dict[str, Any]) -> None:
    """Replace the file in one step; without the right to write, do without."""
    temporary = path.with_suffix(f".{os.getpid()}.part")
    try:
        temporary.write_text(json.dumps(value, indent=2), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""


def _numbers(version: str) -> tuple[int, ...]:
    """A version in numbers, to be compared: ``1.10.0`` is newer than ``1.9``."""
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split("."))


if __name__ == "__main__":
    sys.exit(main())
