"""The built program: the runtime that PyInstaller makes, the app layer beside it, and what both weigh."""

from __future__ import annotations

import compileall
import json
import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import bundle_contents as contents
import bundled_parts
import layer_files
from failures import SetupError

MOST_UNPACKED, MOST_PACKED = 1_100_000_000, 400_000_000  # bytes, with a torch for processors alone
DOWNLOADS_VARIABLE = "VOXELWRIGHT_DOWNLOADS"
"""Address of the folder where updates and GPU layers will be published; what the program asks, if it may."""
BUILD_LOCK, OLDEST_LOCK, TORCH_LOCK = "requirements-build.lock", "requirements-oldest.lock", "requirements-torch.lock"
NEWEST_QT_GLIBC = "2.34"
"""What the wheels of Qt 6.10 and newer ask for; those of 6.9 ask for 2.28."""
_METADATA = "METADATA"
ALIKE = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "315532800"}
"""What makes two builds of the same parts alike, and so their hash: an update fits only the runtime with that hash. The
first orders what Python keeps in sets, the second is the date in files that have one (1 January 1980, in s)."""


def version_of(root: Path) -> str:
    """The program's version, from the one place where it stands."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def pins(root: Path, glibc: str) -> str:
    """What is installed for the build: the pins of the program and of the build, as one file with their hashes.

    Args:
        root: The project.
        glibc: Of the system that is built on, such as ``2.31``; empty on other systems.
    """
    locks = [root / "installer" / name for name in ("requirements.lock", BUILD_LOCK)]
    found = [pin for lock in locks for pin in pins_of(lock)]
    if glibc and version_numbers(glibc) < version_numbers(NEWEST_QT_GLIBC):
        older = pins_of(root / "installer" / OLDEST_LOCK)
        replaced = {name_of(pin) for pin in older}
        found = [*(pin for pin in found if name_of(pin) not in replaced), *older]
    return "\n".join(found) + "\n"


def pins_of(lock: Path) -> list[str]:
    """The pins of a lock file, each with the lines of hashes below it."""
    found: list[str] = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            found[-1] += "\n" + line
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def name_of(pin: str) -> str:
    """The package of a pin, spelt in the one way that counts for pip."""
    return pin.partition("==")[0].lower().replace("_", "-")


def version_numbers(text: str) -> tuple[int, ...]:
    """A version to be compared: ``2.4`` is older than ``2.31``."""
    return tuple(int(number) for number in text.split("."))


def build_python(root: Path, out: Path, packages: Path | None = None) -> Path:
    """A Python with what is bundled and PyInstaller, and nothing else; made once for each set of pins.

    Args:
        root: The project.
        out: Where it goes.
        packages: Folder of wheels, the only place from which is installed; None for the package index.

    Raises:
        SetupError: If something cannot be installed.
    """
    folder = out / "venv"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    libc = platform.libc_ver()[1] if sys.platform == "linux" else ""
    wanted = pins(root, libc)
    stamp, state = folder / "stamp.txt", f"{sys.base_prefix} {platform.python_version()}\n{wanted}"
    pip = [str(python), "-m", "pip", "install", "-q"]
    if not (python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == state):
        made = [sys.executable, "-m", "venv", "--clear", str(folder)]
        run([*made, "--without-pip"] if packages else made, "The build's environment cannot be made")
        list_of_pins = folder / "pins.txt"
        list_of_pins.write_text(wanted, encoding="utf-8")
        words = ["--no-deps", "--require-hashes", "-r", str(list_of_pins)]
        if packages is not None:
            first = next(iter(packages.glob("pip-*.whl")))  # a wheel runs from its own archive
            pip_of_wheel = [
                str(python),
                str(first / "pip"),
                "install",
                "-q",
                "--no-index",
                "--find-links",
                str(packages),
            ]
            run([*pip_of_wheel, *words], "The packages of the bundle cannot be installed")
        else:
            run([*pip, *words], "The packages of the bundle cannot be installed")
        stamp.write_text(state, encoding="utf-8")
    run([*pip, "--no-deps", "--no-build-isolation", "-e", str(root)], "The program cannot be installed for the build")
    return python


def build_runtime(root: Path, out: Path, python: Path) -> Path:
    """Run PyInstaller; the runtime layer, in a folder named by its content's hash.

    Raises:
        SetupError: If it fails; what it wrote is in its log.
    """
    spec, log = root / "installer" / "voxelwright.spec", out / "pyinstaller.log"
    work, place = out / "work", out / "dist"
    command = [str(python), "-m", "PyInstaller", "--noconfirm", "--workpath", str(work), "--distpath", str(place)]
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [*command, str(spec)], stdout=file, stderr=subprocess.STDOUT, cwd=root, env=os.environ | ALIKE, check=False
        )
    if done.returncode != 0:
        raise SetupError(f"PyInstaller failed; see {log}.")
    return named_runtime(place / "runtime")


def named_runtime(built: Path) -> Path:
    """Name a runtime by the hash of its content, and write that into it."""
    (built / "runtime.json").unlink(missing_ok=True)
    strip_symbols(built / "_internal")
    digest = layer_files.tree_hash(built)
    facts = {"hash": digest, "python": platform.python_version(), "system": sys.platform, "libc": libc_floor(built)}
    (built / "runtime.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    named = built.with_name(f"runtime-{digest}")
    if named.exists():
        shutil.rmtree(named)
    return built.rename(named)


def strip_symbols(internal: Path) -> None:
    """Take symbols for debuggers out of Python's extension modules, where this system has the tool for it."""
    if sys.platform != "linux" or not shutil.which("strip"):
        return
    files = [p for p in internal.rglob("*") if p.is_file() and not p.is_symlink()]
    chosen = [p for p in files if contents.may_be_stripped(p.relative_to(internal).as_posix())]
    for path in chosen:
        subprocess.run(["strip", "--strip-unneeded", str(path)], capture_output=True, check=False)


def assemble(root: Path, runtime: Path, python: Path, target: Path, public_key: bytes) -> Path:
    """Lay the whole installation into a folder: runtime, app, licences and a start.

    Args:
        root: The project.
        runtime: From ``build_runtime``; it is moved.
        python: The build's Python, which knows the libraries.
        target: The folder; what was there is removed.
        public_key: Of who builds; updates must be signed with the other half.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    place = target / runtime.name
    runtime.rename(place)
    digest = runtime.name.removeprefix("runtime-")
    write_app(root, target / "app", digest, public_key, python)
    parts = target / "parts.json"
    parts.write_text(json.dumps(bundled_parts.beside_packages(place), indent=1) + "\n", encoding="utf-8")
    licences = [str(root / "installer" / "licences.py"), str(target / "LICENCES.txt"), str(parts)]
    run([str(python), *licences], "Licences are missing")
    if sys.platform == "linux":
        start = target / "voxelwright"
        start.write_text(_START.format(runtime=place.name), encoding="utf-8")
        start.chmod(0o755)
    return target


def write_app(root: Path, target: Path, runtime: str, public_key: bytes, python: Path) -> None:
    """The app layer: the program with its compiled modules, its files, its metadata and its maker's key."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(root / contents.PROGRAM, target / contents.PROGRAM, ignore=ignore)
    shutil.copytree(root / "resources", target / "resources", ignore=ignore)
    version = version_of(root)
    metadata = target / f"voxelwright-{version}.dist-info"
    metadata.mkdir()
    (metadata / _METADATA).write_text(_metadata_from(python), encoding="utf-8")
    shutil.copy2(root / "LICENSE", metadata / "LICENSE")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH  # installed folders may not be written, nor change
    compileall.compile_dir(target, quiet=2, invalidation_mode=unchecked, stripdir=str(target))
    downloads = os.environ.get(DOWNLOADS_VARIABLE, "")
    facts = {"schema": 1, "version": version, "runtime": runtime, "downloads": downloads}
    (target / "app.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (target / "update-key.txt").write_text(public_key.hex() + "\n", encoding="ascii")


def _metadata_from(python: Path) -> str:
    script = "from importlib.metadata import distribution as d; print(d('voxelwright').read_text('METADATA'))"
    answer = subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=False, encoding="utf-8")
    if answer.returncode != 0:
        raise SetupError("The program is not installed in the build's environment.")
    return answer.stdout


def libc_floor(folder: Path) -> str:
    """The newest glibc that a file below a folder asks for, as ``2.36``; empty on other systems.

    The program starts on systems with this glibc or a newer one.
    """
    if sys.platform != "linux":
        return ""
    found: set[tuple[int, ...]] = {(0,)}
    for path in folder.rglob("*"):
        if path.is_file() and _is_program(path):
            names = re.findall(rb"GLIBC_(\d+(?:\.\d+)+)", path.read_bytes())
            found |= {tuple(int(n) for n in name.split(b".")) for name in names}
    return ".".join(map(str, max(found)))


def _is_program(path: Path) -> bool:
    """Whether a file is a program or library of Linux."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def libc_of(program: Path) -> str:
    """The glibc that a built program asks for, as it was found when its runtime was built."""
    facts = json.loads(next(program.glob("runtime-*/runtime.json")).read_text(encoding="utf-8"))
    return str(facts["libc"])


def weight_in_words(folder: Path) -> str:
    """What the installation weighs, and its largest parts."""
    size = layer_files.tree_size(folder)
    internal = next(folder.glob("runtime-*")) / "_internal"
    parts = sorted(((layer_files.tree_size(p), p.name) for p in internal.iterdir() if p.is_dir()), reverse=True)
    largest = ", ".join(f"{name} {size / 1e6:.0f}" for size, name in parts[:8])
    return f"{size / 1e6:.0f} MB unpacked of {MOST_UNPACKED / 1e6:.0f}; largest, in MB: {largest}"


def run(command: list[str], problem: str) -> None:
    """Run a command silently.

    Raises:
        SetupError: If it fails: what that means, and the last line that it wrote.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or [""]
        raise SetupError(f"{problem}: {last[0]}")


_START = """#!/bin/sh
# Starts Voxelwright wherever this folder lies.
here=$(dirname "$(readlink -f "$0")")
exec "$here/{runtime}/voxelwright" "$@"
"""
