"""The Windows installer under Wine, silently: install, install a newer one over it, remove; the user's files stay."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from failures import SetupError

_PROGRAM = "drive_c/users/{user}/AppData/Local/Programs/Voxelwright"
_SETTINGS = "drive_c/users/{user}/AppData/Local/voxelwright/settings.json"
_UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Voxelwright"
_OF_WINE = r"Software\Wine" + "\\"  # what it notes for itself of menus that were there
_CLASSES = r"Software\Classes"
_PATIENCE = 300  # s; Wine makes its own Windows first


def try_installer(old: Path, new: Path, prefix: Path) -> list[str]:
    """Install, upgrade and remove; what was seen, a sentence each.

    Args:
        old: An installer with a stand-in.
        new: One of a newer version.
        prefix: Folder for Wine's Windows; what was there is removed.

    Raises:
        SetupError: Naming the first thing that is not as it should be.
    """
    if not shutil.which("wine"):
        raise SetupError("Trying the Windows installer needs Wine: apt-get install wine wine64.")
    shutil.rmtree(prefix, ignore_errors=True)
    wine = _Wine(prefix)
    wine.run("wineboot", "-i")
    user = next(p.name for p in (prefix / "drive_c/users").iterdir() if p.name.lower() != "public")
    program, settings = prefix / _PROGRAM.format(user=user), prefix / _SETTINGS.format(user=user)
    seen = []
    wine.run(str(old), "/S")
    _require((program / "app/app.json").exists(), "the program is not there after a silent installation")
    first = (program / "app/app.json").read_text(encoding="ascii")
    links = [path.name for path in prefix.rglob("*.lnk")]
    _require("Voxelwright.lnk" in links, "there is no entry in the Start menu")
    known = wine.registry()
    _require("uninstall.exe" in known.get(_UNINSTALL, ""), "it cannot be removed")
    command = known.get(rf"{_CLASSES}\Voxelwright.Project\shell\open\command", "")
    _require("voxelwright.exe" in command, "the type of projects is not known")
    _require("Voxelwright.Image" in known.get(rf"{_CLASSES}\.nii\OpenWithProgids", ""), "it is not offered for images")
    _require("Voxelwright" not in known.get(rf"{_CLASSES}\.tif", ""), "it opens images unasked")
    deepest = max((str(path.relative_to(program)) for path in program.rglob("module.txt")), key=len)
    seen.append(f"Installed silently without administrator's rights; longest path {len(deepest)} characters inside.")
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"theme": "dark"}', encoding="ascii")
    (program / "left_from_the_old_version.txt").write_text("old", encoding="ascii")
    wine.run("reg", "add", rf"HKCU\{_CLASSES}\.tif\OpenWithProgids", "/v", "Other.Image", "/f")
    wine.run(str(new), "/S")
    second = (program / "app/app.json").read_text(encoding="ascii")
    _require(first != second, "the newer version is not there after an upgrade")
    _require(not (program / "left_from_the_old_version.txt").exists(), "files of the old version stayed")
    _require(not program.with_name("Voxelwright.old").exists(), "the old version stayed beside the new one")
    _require(settings.exists(), "settings are gone after an upgrade")
    seen.append("A newer version took its place; settings stayed, nothing of the old program did.")
    wine.run(str(program / "uninstall.exe"), "/S", f"_?={wine.windows_path(program)}")
    left = [p for p in program.rglob("*") if p.is_file() and p.name != "uninstall.exe"] if program.exists() else []
    _require(not left, f"files stayed after removal: {left[:3]}")
    _require(not [p for p in prefix.rglob("*.lnk") if "Voxelwright" in p.name], "the Start menu's entry stayed")
    known = wine.registry()
    ours = {key: values for key, values in known.items() if not key.startswith(_OF_WINE)}
    stayed = [key for key, values in ours.items() if "voxelwright" in f"{key}{values}".lower()]
    _require(not stayed, f"entries of the registry stayed: {stayed}")
    _require(rf"{_CLASSES}\.nii" not in known, "types of images stayed")
    _require(
        "Other.Image" in known.get(rf"{_CLASSES}\.tif\OpenWithProgids", ""), "it removed what is another program's"
    )
    _require(settings.exists(), "settings are gone after removal")
    seen.append("Removed silently; Start menu, file types and entry are gone, settings are there.")
    return seen


class _Wine:
    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        self._variables = {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}

    def run(self, *words: str, check: bool = True) -> str:
        """Run a Windows program to its end, and that of what it started; what it said."""
        done = self._call(["wine", *words])
        self._call(["wineserver", "-w"] if shutil.which("wineserver") else ["wine", "wineboot", "-e"])
        if check and done.returncode != 0:
            raise SetupError(f"{words[0]} ended with {done.returncode} under Wine: {done.stderr.strip()[-300:]}")
        return done.stdout if done.returncode == 0 else ""

    def registry(self) -> dict[str, str]:
        """What Windows keeps of this user, once all its programs have ended: the lines of each key, by its path."""
        known: dict[str, str] = {}
        key = ""
        for line in (self._prefix / "user.reg").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("["):
                key = line[1:].rpartition("]")[0].replace("\\\\", "\\")
                known[key] = ""
            elif key and not line.startswith("#"):
                known[key] += line + "\n"
        return known

    def windows_path(self, path: Path) -> str:
        """How Windows calls a file."""
        return self._call(["wine", "winepath", "-w", str(path)]).stdout.strip()

    def _call(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self._variables, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )


def _require(true: bool, otherwise: str) -> None:
    if not true:
        raise SetupError(f"The Windows installer under Wine: {otherwise}.")
