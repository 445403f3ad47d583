"""`build.py check`: all that this system can build, the tests of what was built, and what each of them took."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import bare_system
import old_base
from steps import Step, run_steps, table

NO_APPIMAGE = "the AppImage; it needs mksquashfs: apt-get install squashfs-tools."
_AT_ONCE = 2  # most steps compute on one core for most of their time


def run(build: Path, out: Path, passed_on: list[str], here: bool) -> int:
    """Run everything; 0 if all went well.

    Args:
        build: ``build.py``.
        out: Where it builds.
        passed_on: Words of the command line that each step gets.
        here: Whether the program is built on this system.
    """
    command = (sys.executable, str(build))
    steps, missing = chosen_steps(command, [*passed_on, "--out", str(out)], here, sys.platform)
    load = _load()
    outcomes = run_steps(steps, _AT_ONCE, out / "check")
    report = "\n".join([table(outcomes), "", *_surroundings(load), *missing])
    (out / "check" / "report.txt").write_text(report + "\n", encoding="utf-8")
    print(f"\n{report}", flush=True)
    return 0 if all(outcome.result == "OK" for outcome in outcomes) else 1


def chosen_steps(command: tuple[str, ...], words: list[str], here: bool, system: str) -> tuple[list[Step], list[str]]:
    """What can be done on this system, and a sentence for each thing that cannot.

    Args:
        command: That starts ``build.py``.
        words: Behind its command.
        here: Whether the program is built on this system rather than on an old one.
        system: As ``sys.platform`` says.
    """
    if system != "linux":
        own = "windows" if system == "win32" else "macos"
        return [_step(command, words, own), _step(command, words, "tests", own)], []
    old = not here and old_base.is_possible()
    needed: list[tuple[str, tuple[str, ...]]] = [("base", ())] if old else []
    needed += [("program", ("base",) if old else ()), ("packages", ("program",)), ("tests", ("program",))]
    missing = []
    if squashes := bool(shutil.which("mksquashfs")):
        needed.append(("appimage", ("program",)))
    else:
        missing.append(f"Left out: {NO_APPIMAGE}")
    if bare_system.is_possible():
        needed += [("bare", ()), ("try-deb", ("packages", "bare")), ("try-run", ("packages", "bare"))]
        needed += [("try-appimage", ("appimage", "bare"))] if squashes else []
    else:
        missing.append("Left out: the packages in a bare system; it needs debootstrap and root's rights.")
    if not shutil.which("makensis"):
        missing.append("Left out: the Windows installer; it needs makensis.")
    elif shutil.which("wine"):
        needed.append(("try-windows", ()))
    else:
        needed.append(("compile-windows", ()))
        missing.append("Left out: installing, upgrading and removing on Windows; it needs Wine.")
    needed.append(("manual", ()))
    return [_step(command, words, name, *after) for name, after in needed], missing


def _step(command: tuple[str, ...], words: list[str], name: str, *after: str) -> Step:
    return Step(name, (*command, name, *words), after)


def _load() -> float:
    """Processes that compute or wait to, in the mean of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _surroundings(before: float) -> list[str]:
    return [f"{os.cpu_count()} cores; load before {before:.1f}, after {_load():.1f}, of which the check is some 2."]
