"""A piece of work killed at its steps on the disk, one after the other, and done again: what does it leave?"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

STEPS = frozenset(
    ("open", "write", "writelines", "truncate", "fsync", "replace", "rename", "mkdir", "unlink", "remove", "rmdir",
     "close", "link", "symlink", "chmod", "utime")
)  # fmt: skip
"""Names of the built-in functions that change what is on the disk, or open and close it."""


def killed(work: Callable[[], object], step: int) -> bool:
    """Do it in a fork that is killed before its ``step``-th step on the disk.

    Returns:
        Whether it was killed; False where it has fewer steps, and is done.
    """
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _work_and_die(work, step)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status):
        raise AssertionError(f"it failed in the fork, before step {step}")
    return os.WIFSIGNALED(status)


def faults(
    work: Callable[[Path], object], begin: Path, place: Path, every: int = 1, known: Callable[[Path], Any] | None = None
) -> Iterator[tuple[int, str]]:
    """Kill a piece of work at its steps, do it again to the end, and tell what is other than after an undisturbed one.

    Args:
        work: Works in the folder that it is given.
        begin: What that folder holds before.
        place: Where it works; always the same place, so that paths in files are the same.
        every: Of how many steps one is taken.
        known: What is compared of a file, by default its bytes; None leaves a file out.

    Yields:
        The step, and what is wrong then.
    """
    wanted = _after(work, begin, place, 0, known)
    step = 1
    while True:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(begin, place)
        if not killed(lambda: work(place), step):
            return
        _age(place)
        try:
            killed(lambda: work(place), 0)
        except AssertionError as error:
            yield step, str(error)
        found = tree(place, known)
        for name in sorted(found.keys() - wanted.keys()):
            yield step, f"left behind: {name}"
        for name in sorted(wanted.keys() - found.keys()):
            yield step, f"missing: {name}"
        for name in sorted(found.keys() & wanted.keys()):
            if found[name] != wanted[name]:
                yield step, f"other: {name}"
        step += every


def tree(folder: Path, known: Callable[[Path], Any] | None = None) -> dict[str, Any]:
    """All files and folders in a folder, with what is compared of each file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[f"{name}/"] = None
        elif known is None:
            found[name] = path.read_bytes()
        elif (what := known(path)) is not None:
            found[name] = what
    return found


def _age(folder: Path) -> None:
    """Let two days pass: what was left in folders where other programs may be writing goes after one."""
    long_ago = time.time() - 2 * 24 * 3600
    for path in folder.rglob("*"):
        os.utime(path, (long_ago, long_ago))


def _after(
    work: Callable[[Path], object], begin: Path, place: Path, step: int, known: Callable[[Path], Any] | None
) -> dict[str, Any]:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(begin, place)
    killed(lambda: work(place), step)
    return tree(place, known)


def _work_and_die(work: Callable[[], object], step: int) -> None:
    """End the fork: killed at its step, else with 0 when the work is done and 1 where it fails."""
    count = 0

    def watch(_frame: object, event: str, what: Any) -> None:
        nonlocal count
        if event == "c_call" and what.__name__ in STEPS:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        threading.setprofile(watch)
        sys.setprofile(watch)
        work()
        status = 0
    finally:
        sys.setprofile(None)
        if status:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)
