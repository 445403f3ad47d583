"""A program that labels until it is killed, and what must be true of the labels that it leaves.

``python -m tests.io.labels.kills FOLDER SEED`` says before and after each action what it does, with a checksum of all
labels, so that whoever kills it knows every state that there was.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.imaging import Index3, Plane, Region
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.io.labels import LabelFile, LabelSession
from desktop_app.jobs.objects.in_project import carry_out_in_project
from desktop_app.objects.operations import OPERATIONS, Pointed, Scene
from desktop_app.objects.operations.carrying_out import dry_run

SHAPE: Index3 = (24, 160, 160)
ROOT = Path(__file__).resolve().parents[3]
_CACHE_BYTES = 2_000_000  # a quarter of the labels, so that chunks leave the memory while a stroke goes on


def opened(folder: Path) -> LabelSession:
    """The labels in a folder, made on first use."""
    if not (folder / "a.ome.zarr").exists():
        LabelFile.create(folder / "a.ome.zarr", SHAPE).close()
    session = LabelSession(folder / "a.ome.zarr", folder / "a.journal")
    session.labels._budget = _CACHE_BYTES
    return session


def checksum(session: LabelSession) -> int:
    """Of all label voxels."""
    return zlib.crc32(session.labels.read(Region.whole(SHAPE)).tobytes())


def label(folder: Path, seed: int) -> None:
    """Paint, operate, undo, redo and store, for ever."""
    draw, session = random.Random(seed), opened(folder)
    _say("start", checksum(session))
    while True:
        act = draw.choices(("stroke", "operation", "undo", "redo", "store"), (6, 3, 2, 1, 2))[0]
        _say("begin", act)
        before = session.history.position
        if act == "stroke":
            _stroke(session, draw)
        elif act == "operation":
            _operation(session, draw)
        elif act == "undo":
            session.undo()
        elif act == "redo":
            session.redo()
        elif (frozen := session.freeze()) is not None:
            threading.Thread(target=session.store, args=(frozen,)).start()
        _say("end", act, before, session.history.position, checksum(session))


def _stroke(session: LabelSession, draw: random.Random) -> None:
    tool, plane = TOOLS["brush"].factory(), draw.choice(list(Plane))
    options = TOOLS["brush"].options.model_validate({"size_px": draw.randint(5, 40), "brush_3d": draw.random() < 0.5})
    how = ToolSettings(draw.randint(1, 9), options)
    point = ToolPoint(plane, draw.randrange(24), draw.uniform(0, 160), draw.uniform(0, 160))
    tool.press(session.labels, point, how)
    for _ in range(draw.randint(1, 12)):
        point = ToolPoint(plane, point.depth, draw.uniform(0, 160), draw.uniform(0, 160))
        tool.move(session.labels, point, how)
        if draw.random() < 0.4 and (edit := tool.newest(session.labels)) is not None:
            session.part(edit)
    if draw.random() < 0.2:
        if (region := tool.cancel(session.labels)) is not None:
            session.dropped(region)
    elif (edit := tool.release(session.labels, point, how)) is not None:
        session.commit(edit)


def _operation(session: LabelSession, draw: random.Random) -> None:
    operation = OPERATIONS[draw.choice(("delete", "fill-holes"))]
    pointed = Pointed((draw.randint(1, 9),))
    changes = dry_run(operation, Scene(session.labels, pointed=pointed), operation.parameters())
    edit = carry_out_in_project(changes, session, operation.title, frozenset(), RecordingContext())
    if edit is not None:
        session.finish(edit)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Told:
    """What a killed program had said.

    Attributes:
        states: Checksums after 0, 1, 2, … steps.
        here: How many of them were done.
        running: What it had begun and not ended, empty if nothing.
    """

    states: list[int] = field(default_factory=list)
    here: int = 0
    running: str = ""

    def hear(self, line: str) -> None:
        """Take one line in."""
        word, *rest = line.split()
        if word == "start":
            self.states = [int(rest[0])]
        elif word == "begin":
            self.running = rest[0]
        else:
            before, after, found = (int(number) for number in rest[1:])
            if rest[0] in ("stroke", "operation") and after > before:
                self.states = [*self.states[: before + 1], found]
            self.here, self.running = after, ""


def killed(folder: Path, seed: int, seconds: float) -> Told:
    """Let the program label, and kill it some time after it has begun."""
    told = Told()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.io.labels.kills", str(folder), str(seed)], stdout=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    told.hear(child.stdout.readline())
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    with child.stdout:
        for line in child.stdout:
            if line.endswith("\n"):
                told.hear(line)
    child.wait()
    timer.cancel()
    return told


def faults(folder: Path, told: Told) -> Iterator[str]:
    """What is wrong with the labels that a killed program has left; nothing if all is well."""
    session = opened(folder)
    if session.history.undo_title.endswith("(interrupted)"):
        if told.running not in ("stroke", "operation"):
            yield f"a step was interrupted while there was only {told.running or 'nothing'}"
        session.undo()
    position, now = session.history.position, checksum(session)
    allowed = {told.here: told.states[told.here]}
    for act, there in (("undo", told.here - 1), ("redo", told.here + 1)):
        if told.running == act and 0 <= there < len(told.states):
            allowed[there] = told.states[there]
    if told.running in ("stroke", "operation") and position == told.here + 1:
        session.undo()  # finished, and killed before it could say so
        position, now = session.history.position, checksum(session)
    if allowed.get(position) != now:
        yield f"{position} steps are done with other labels than there were; {told.here} were, then {told.running}"
    while session.undo() is not None:
        position = session.history.position
        if checksum(session) != told.states[position]:
            yield f"undo leads to other labels after {position} steps"
    if session.history.position != 0 or checksum(session) != told.states[0]:
        yield "undo does not lead to the beginning"
    session.close()


if __name__ == "__main__":
    label(Path(sys.argv[1]), int(sys.argv[2]))
