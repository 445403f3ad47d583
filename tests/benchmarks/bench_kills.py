"""Kill a labelling program again and again at random moments of one kind of action, and look at what it leaves.

Run: ``python -m tests.benchmarks.bench_kills [COUNT] [KIND …]``. A kind is a tool, an operation, ``undo``, ``redo`` or
``store``; without any, all. It prints how many kills fell into an action of the kind itself (those that came too late
are not counted), and what was found wrong, which should be nothing.

The programs are forks of one that has all imported, so that a kill costs no start; the labels are opened again in a
fork, too. Half of the kills come at any moment of the action, half while it writes.
"""

from __future__ import annotations

import importlib
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.objects.operations import OPERATIONS
from tests.io.labels.kills import Told, faults, label

_COUNT = 50  # kills of each kind, as many as users may ever see
_TRIES = 6  # times as many, so that a kind that hardly ever changes anything ends
_MOST_ACTIONS = 40  # of other kinds before one of the kind begins
_LONGEST_S = 60.0  # a program that says nothing for so long is stuck
KINDS = [*(name for name, info in TOOLS.items() if info.writes), *OPERATIONS, "undo", "redo", "store"]


def main() -> None:
    """All kinds, or those that are named."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    warm()
    for kind in sys.argv[2:] or KINDS:
        begin = time.perf_counter()
        fell, tries, parts, wrong = kills(count, kind)
        took = time.perf_counter() - begin
        sys.stdout.write(f"{kind:14} {fell:3} kills in it of {tries:3}; {parts:2} left a step to recover; ")
        sys.stdout.write(f"faults: {wrong}; {took:.0f} s\n")
        sys.stdout.flush()


def kills(count: int, kind: str) -> tuple[int, int, int, int]:
    """How many fell into an action of the kind, of how many, how many left an interrupted step, and faults."""
    draw, fell, parts, wrong, lasts = random.Random(kind), 0, 0, 0, [0.02]
    tries = 0
    while fell < count and tries < _TRIES * count:
        tries += 1
        with tempfile.TemporaryDirectory() as name:
            folder, when = Path(name), draw.uniform(0, 1.2) * sorted(lasts)[len(lasts) // 2]
            aim = _Aim(kind, draw.randint(1, 4), writing=tries % 2 == 0)
            told = _killed(folder, tries, aim, when)
            lasts += aim.lasted
            fell += aim.hit(told)
            for fault in _in_a_fork(partial(_tell_faults, folder, told)):
                if fault == "recovered":
                    parts += 1
                else:
                    wrong += 1
                    sys.stdout.write(f"seed {tries} {kind}: {fault}\n")
    return fell, tries, parts, wrong


class _Aim:
    """The moment that is waited for: the n-th action of a kind, or its writing."""

    def __init__(self, kind: str, which: int, *, writing: bool) -> None:
        self.kind, self._left, self._writing = kind, which, writing and kind in OPERATIONS
        self._begun, self._others = 0.0, 0
        self.lasted: list[float] = []

    def reached(self, line: str, told: Told) -> bool:
        """Whether to count down now."""
        word, now = line.split()[0], time.perf_counter()
        own = self.kind in (told.name, told.running)
        if (word == "change" if self._writing else word == "begin") and own:
            self._begun = now
            self._left -= 1
            return self._left == 0
        if self._begun and (word == "stored" if self.kind == "store" else word == "end"):
            self.lasted.append(now - self._begun)
            self._begun = 0.0
        self._others += word == "begin"
        return self._others > _MOST_ACTIONS

    def hit(self, told: Told) -> bool:
        """Whether it was killed in an action of the kind."""
        return told.storing if self.kind == "store" else bool(told.running) and self.kind in (told.name, told.running)


def _killed(folder: Path, seed: int, aim: _Aim, seconds: float) -> Told:
    """Let a fork label, and kill it some time after what is aimed at has begun."""
    told, only = Told(), aim.kind if aim.kind not in ("undo", "redo", "store") else ""
    child, reading = _fork(lambda _write: label(folder, seed, only))
    deadline, counting = time.perf_counter() + _LONGEST_S, False
    lines = _Lines(reading)
    while (left := deadline - time.perf_counter()) > 0 and (line := lines.next(left)):
        told.hear(line)
        if not counting and aim.reached(line, told):
            deadline, counting = time.perf_counter() + seconds, True
    os.kill(child, signal.SIGKILL)
    while line := lines.next(_LONGEST_S):  # what it had said before
        told.hear(line)
    os.waitpid(child, 0)
    os.close(reading)
    if not counting:
        sys.stdout.write(f"seed {seed}: it ended by itself or was stuck\n")
    return told


class _Lines:
    """Whole lines from a pipe."""

    def __init__(self, reading: int) -> None:
        self._reading, self._rest = reading, b""

    def next(self, seconds: float) -> str:
        """The next line; empty at the end, or if none comes in time."""
        end = time.perf_counter() + seconds
        while b"\n" not in self._rest:
            if not select.select([self._reading], [], [], max(0.0, end - time.perf_counter()))[0]:
                return ""
            if not (new := os.read(self._reading, 65536)):
                return ""
            self._rest += new
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()


def _fork(act: Callable[[int], None]) -> tuple[int, int]:
    """A fork that acts with a pipe as its standard output: its number, and where to read."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.dup2(writing, 1)
    try:
        act(1)
    finally:
        os._exit(0)


def _in_a_fork(act: Callable[[int], None]) -> Iterator[str]:
    child, reading = _fork(act)
    lines, line = _Lines(reading), ""
    while line := lines.next(_LONGEST_S):
        if line == "looked through":
            break
        yield line
    if not line:
        yield "looking at the labels failed"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)


def _tell_faults(folder: Path, told: Told, write: int) -> None:
    for fault in faults(folder, told):
        os.write(write, f"{fault}\n".encode())
    if told.recovered:
        os.write(write, b"recovered\n")
    os.write(write, b"looked through\n")


def warm() -> None:
    """Import what labelling needs here, once: what a fork had imported after some seconds."""

    def learn(write: int) -> None:
        quiet = os.open(os.devnull, os.O_WRONLY)
        kept = os.dup(write)
        os.dup2(quiet, 1)
        signal.signal(signal.SIGALRM, lambda *_: _told_modules(kept))
        signal.alarm(8)
        with tempfile.TemporaryDirectory() as name:
            label(Path(name), 0)

    for name in list(_in_a_fork(learn)):
        if name in sys.modules or name.startswith(("__", "tests.benchmarks")):
            continue
        try:
            importlib.import_module(name)
        except ImportError:  # made at run time, not to be found by name
            continue


def _told_modules(write: int) -> None:
    os.write(write, ("\n".join(sorted(sys.modules)) + "\nlooked through\n").encode())
    time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
