"""The Windows installer, compiled by makensis, which runs on Linux as well."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import file_types
from failures import SetupError

STAND_IN_RUNTIME = "runtime-000000000000"
_WIDE = Path("/usr/share/nsis/Stubs/lzma_solid-amd64-unicode")
"""Debian's makensis can write installers of 64 bits; others write 32 bits, which every Windows runs as well."""
_LONG = 200  # characters of a path inside the stand-in: longer than Windows once allowed with a user's folder in front


def build(root: Path, program: Path | None, version: str, out: Path) -> Path:
    """Compile the installer.

    Args:
        root: The project.
        program: The assembled installation; None for a small stand-in, with which the script itself is tried.
        version: As ``1.2.3``.
        out: Where to write.

    Raises:
        SetupError: If makensis is missing or complains.
    """
    if not shutil.which("makensis"):
        raise SetupError("The installer needs makensis: apt-get install nsis, or from nsis.sourceforge.io.")
    name = "stand-in" if program is None else "windows"
    target = out / f"Voxelwright-{version}-{name}.exe"
    program = program or stand_in(out / "stand-in", version)
    runtime = next(program.glob("runtime-*")).name
    types = out / "image_types.nsh"
    types.write_text(file_types.windows_include(), encoding="utf-8")
    defined = {
        "VERSION": version, "PROGRAM": str(program), "RUNTIME": runtime, "OUTPUT": str(target),
        "LICENCE": str(root / "LICENSE"), "IMAGE_TYPES": str(types),
    }  # fmt: skip
    if _WIDE.exists():
        defined["WIDE"] = "1"
    command = ["makensis", "-V2", "-WX", *(f"-D{key}={value}" for key, value in defined.items())]
    script = root / "installer" / "windows" / "voxelwright.nsi"
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False)
    types.unlink()
    if done.returncode != 0:
        raise SetupError(f"makensis failed: {(done.stdout + done.stderr).strip()[-500:]}")
    return target


def stand_in(folder: Path, version: str) -> Path:
    """A small folder that looks like an installation, with a long path in it."""
    shutil.rmtree(folder, ignore_errors=True)
    runtime = folder / STAND_IN_RUNTIME
    deep = runtime.joinpath("_internal", *["a_folder_with_a_long_name"] * (_LONG // 26))
    deep.mkdir(parents=True)
    (deep / "module.txt").write_text(version, encoding="ascii")
    (runtime / "voxelwright.exe").write_bytes(b"MZ stand-in")
    (folder / "app").mkdir()
    (folder / "app" / "app.json").write_text(f'{{"version": "{version}"}}', encoding="ascii")
    return folder
