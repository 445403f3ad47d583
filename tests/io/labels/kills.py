"""A program that labels until it is killed, and what must be true of the labels that it leaves.

``python -m tests.io.labels.kills FOLDER SEED [ONLY]`` says before and after each action what it does, with a checksum
of all labels, so that whoever kills it knows every state that there was.
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

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.io.labels import LabelFile, LabelSession
from desktop_app.io.labels.session import Frozen
from desktop_app.jobs.objects.in_project import carry_out_in_project
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene, Target
from desktop_app.objects.operations.carrying_out import dry_run

SHAPE: Index3 = (24, 160, 160)
ROOT = Path(__file__).resolve().parents[3]
_PAINTING = [name for name, info in TOOLS.items() if info.writes]
_IMAGE = np.random.default_rng(0).integers(0, 9, (24, 160, 160), np.uint8)
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


def label(folder: Path, seed: int, only: str = "") -> None:
    """Paint with any tool, operate in any way, undo, redo and store, for ever.

    Args:
        folder: Of the labels.
        seed: Of what is drawn.
        only: A tool or an operation that alone is used, besides a brush that gives it something to work on.
    """
    draw, session = random.Random(seed), opened(folder)
    tools = [only] if only in TOOLS else ["brush"] if only else _PAINTING
    operations = [only] if only in OPERATIONS else list(OPERATIONS)
    weights = (6, 0 if only in TOOLS else 5, 2, 1, 2)
    _say("start", checksum(session))
    while True:
        act = draw.choices(("stroke", "operation", "undo", "redo", "store"), weights)[0]
        name = draw.choice(tools if act == "stroke" else operations)
        _say("begin", f"{act}:{name}" if act in ("stroke", "operation") else act)
        before = session.history.position
        if act == "stroke":
            _stroke(session, draw, name)
        elif act == "operation":
            _operation(session, draw, name)
        elif act == "undo":
            session.undo()
        elif act == "redo":
            session.redo()
        elif (frozen := session.freeze()) is not None:
            threading.Thread(target=_stored, args=(session, frozen)).start()
        _say("end", act, before, session.history.position, checksum(session))


def _stroke(session: LabelSession, draw: random.Random, name: str) -> None:
    info, plane = TOOLS[name], draw.choice(list(Plane))
    tool, drawn = info.factory(), {"size_px": draw.randint(5, 40), "brush_3d": draw.random() < 0.5}
    options = info.options.model_validate({key: drawn[key] for key in drawn if key in info.options.model_fields})
    how = ToolSettings(draw.randint(1, 9), options, erase=info.erases, grey=lambda region: _IMAGE[region.slices])
    told: Region | None = None
    for _ in range(4 if info.collects else 1):
        point = ToolPoint(plane, 11, draw.uniform(0, 160), draw.uniform(0, 160))
        tool.press(session.labels, point, how)
        for _ in range(0 if info.collects else draw.randint(1, 12)):
            point = ToolPoint(plane, point.depth, draw.uniform(0, 160), draw.uniform(0, 160))
            tool.move(session.labels, point, how)
            if draw.random() < 0.4 and (edit := tool.newest(session.labels)) is not None:
                _say("part", checksum(session))
                session.part(edit)
                told = edit.region if told is None else told.union(edit.region)
                _say("parted")
        if info.collects:
            tool.release(session.labels, point, how)
    if draw.random() < 0.2:
        _say("give-up")
        if (region := tool.cancel(session.labels)) is not None:
            session.dropped(region)
        return
    edit = tool.finish(session.labels, how) if info.collects else tool.release(session.labels, point, how)
    if edit is not None:
        session.commit(edit)
    elif told is not None:
        _say("give-up")
        session.dropped(told)


def _operation(session: LabelSession, draw: random.Random, name: str) -> None:
    operation, plane = OPERATIONS[name], draw.choice(list(Plane))
    target, store = draw.choice(operation.targets), session.labels
    ends = [(draw.randrange(24), draw.randrange(160), draw.randrange(160)) for _ in range(2)]
    under = [int(store.read(Region.single(end))[0, 0, 0]) or draw.randint(1, 9) for end in ends]
    objects = {Target.OBJECT: (under[0],), Target.TWO_OBJECTS: tuple(under)}.get(target, ())
    box = Region.single(ends[0]).union(Region.single(ends[1])) if target is Target.REGION else None
    pointed = Pointed(objects, tuple(Place(plane, end) for end in ends), box)
    volume = Volume.from_array(_IMAGE)
    scene = Scene(store, volume, volume.voxel_size, pointed, store.max_id())
    try:
        changes = dry_run(operation, scene, operation.parameters())
    except UserError:  # such as a cut that parts nothing
        return
    _say("change")
    edit = carry_out_in_project(changes, session, operation.title, frozenset(), RecordingContext())
    if edit is not None:
        session.finish(edit)


def _stored(session: LabelSession, frozen: Frozen) -> None:
    session.store(frozen)
    _say("stored")


def _say(*words: object) -> None:
    """Write a line at once and whole, whichever thread says it: a pipe takes so few bytes in one piece."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


@dataclass(slots=True)
class Told:
    """What a killed program had said.

    Attributes:
        states: Checksums after 0, 1, 2, … steps.
        here: How many of them were done.
        running: What it had begun and not ended, empty if nothing.
        name: Of the last tool or operation.
        storing: Whether the labels were being stored.
        parts: Checksums that may be found when the stroke that goes on is recovered: of the last part that was written
            down, and of the one that was about to be; empty without any.
    """

    states: list[int] = field(default_factory=list)
    here: int = 0
    running: str = ""
    name: str = ""
    storing: bool = False
    parts: list[int] = field(default_factory=list)
    part_done: bool = False
    recovered: bool = False

    def hear(self, line: str) -> None:
        """Take one line in."""
        word, *rest = line.split()
        if word == "start":
            self.states = [int(rest[0])]
        elif word == "begin":
            self.running, _, self.name = rest[0].partition(":")
            self.storing, self.parts, self.part_done = self.storing or self.running == "store", [], False
        elif word == "part":
            self.parts = [*self.parts[-1:], int(rest[0])]
        elif word == "parted":
            self.parts, self.part_done = self.parts[-1:], True
        elif word == "give-up":
            self.part_done = False
        elif word == "stored":
            self.storing = False
        elif word == "end":
            before, after, found = (int(number) for number in rest[1:])
            if rest[0] in ("stroke", "operation") and after > before:
                self.states = [*self.states[: before + 1], found]
            self.here, self.running, self.part_done = after, "", False


def killed(folder: Path, seed: int, seconds: float, only: str = "") -> Told:
    """Let the program label, and kill it some time after it has begun."""
    told = Told()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.io.labels.kills", str(folder), str(seed), only], stdout=subprocess.PIPE, cwd=ROOT,
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
    yield from _interrupted(session, told)
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


def _interrupted(session: LabelSession, told: Told) -> Iterator[str]:
    """What is wrong with the step that was going on; it is taken back."""
    if session.history.undo_title.endswith("(interrupted)"):
        told.recovered = True
        if told.running not in ("stroke", "operation"):
            yield f"a step was interrupted while there was only {told.running or 'nothing'}"
        if told.running == "stroke" and checksum(session) not in told.parts:
            yield "other voxels of a stroke are recovered than were written down"
        session.undo()
    elif told.part_done and session.history.position == told.here:
        yield "a part of a stroke was written down, and is not recovered"


if __name__ == "__main__":
    label(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
