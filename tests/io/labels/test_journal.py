"""What was painted since the last flush comes back, up to the last whole record."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.store import ArrayLabelStore, Edit
from desktop_app.io.labels import Journal, LabelFile, LabelSession

SHAPE: Index3 = (3, 16, 16)
ROOT = Path(__file__).resolve().parents[3]


def _edits(count: int) -> tuple[list[Edit], list[np.ndarray]]:
    """Random edits, and the labels after 0, 1, 2, … of them."""
    rng = np.random.default_rng(count)
    state = np.zeros(SHAPE, np.uint32)
    edits, states = [], [state.copy()]
    for _ in range(count):
        start = [int(rng.integers(0, n)) for n in SHAPE]
        stop = [int(rng.integers(a + 1, n + 1)) for a, n in zip(start, SHAPE, strict=True)]
        region = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        after = rng.integers(0, 100_000, region.shape, dtype=np.uint32)
        edits.append(Edit.between(region, state[region.slices], after, "Brush"))
        state[region.slices] = after
        states.append(state.copy())
    return edits, states


def _replayed(path: Path) -> tuple[int, np.ndarray]:
    store = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    journal = Journal(path, SHAPE)
    return journal.replay(store), store.array


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), count=st.integers(1, 6))
def test_journal_cut_at_any_byte_gives_a_state_that_was(tmp_path: Path, share: float, count: int) -> None:
    path = tmp_path / "a.journal"
    path.unlink(missing_ok=True)
    edits, states = _edits(count)
    journal, sizes = Journal(path, SHAPE), []
    for edit in edits:
        journal.append(edit)
        sizes.append(path.stat().st_size)
    journal.close()
    data = path.read_bytes()
    keep = round(share * len(data))
    path.write_bytes(data[:keep])
    done, array = _replayed(path)
    assert done == sum(size <= keep for size in sizes)
    np.testing.assert_array_equal(array, states[done])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), value=st.integers(0, 255))
def test_a_wrong_byte_ends_the_replay_in_a_state_that_was(tmp_path: Path, place: float, value: int) -> None:
    path = tmp_path / "a.journal"
    path.unlink(missing_ok=True)
    edits, states = _edits(4)
    journal = Journal(path, SHAPE)
    for edit in edits:
        journal.append(edit)
    journal.close()
    data = bytearray(path.read_bytes())
    data[round(place * (len(data) - 1))] = value
    path.write_bytes(data)
    done, array = _replayed(path)
    np.testing.assert_array_equal(array, states[done])


def test_undo_and_redo_are_replayed(tmp_path: Path) -> None:
    edits, states = _edits(3)
    journal = Journal(tmp_path / "a.journal", SHAPE)
    for edit in edits:
        journal.append(edit)
    journal.append(edits[2], reverted=True)
    journal.append(edits[1], reverted=True)
    journal.append(edits[1])
    journal.close()
    done, array = _replayed(tmp_path / "a.journal")
    assert done == 6
    np.testing.assert_array_equal(array, states[2])


def test_edits_during_a_flush_go_into_a_new_file(tmp_path: Path) -> None:
    edits, states = _edits(3)
    journal = Journal(tmp_path / "a.journal", SHAPE)
    journal.append(edits[0])
    finished = journal.rotate()
    journal.append(edits[1])
    finished_too = journal.rotate()
    journal.append(edits[2])
    np.testing.assert_array_equal(_replayed(tmp_path / "a.journal")[1], states[3])
    assert len(finished) == 1
    assert len(finished_too) == 2
    journal.discard(finished_too)
    assert _replayed(tmp_path / "a.journal")[0] == 1
    journal.close()


def test_syncing_forces_what_is_new_onto_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    session = _session(tmp_path)
    monkeypatch.setattr(os, "fsync", forced.append)
    session.sync()
    assert forced == []
    _painted(session, _edits(2)[0])
    session.sync()
    session.sync()
    assert len(forced) == 1

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    _painted(session, _edits(1)[0])
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UnwritableFileError):
        session.sync()
    monkeypatch.setattr(os, "fsync", forced.append)
    session.sync()
    assert len(forced) == 2
    session.close()


def test_journal_of_another_shape_is_left_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.journal", (3, 16, 17))
    journal.append(_edits(1)[0][0])
    journal.close()
    assert _replayed(tmp_path / "a.journal")[0] == 0


def test_full_disk_leaves_a_readable_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, states = _edits(3)
    journal = Journal(tmp_path / "a.journal", SHAPE)
    journal.append(edits[0])
    real = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, bytes(data)[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(UnwritableFileError, match="disk is full"):
        journal.append(edits[1])
    monkeypatch.undo()
    journal.append(edits[1])
    journal.close()
    done, array = _replayed(tmp_path / "a.journal")
    assert done == 2
    np.testing.assert_array_equal(array, states[2])


def _session(folder: Path) -> LabelSession:
    if not (folder / "a.ome.zarr").exists():
        LabelFile.create(folder / "a.ome.zarr", SHAPE)
    return LabelSession(folder / "a.ome.zarr", folder / "a.journal")


def _painted(session: LabelSession, edits: list[Edit]) -> None:
    for edit in edits:
        edit.apply(session.labels)
        session.record(edit)


def test_session_that_was_closed_has_nothing_to_recover(tmp_path: Path) -> None:
    edits, states = _edits(4)
    session = _session(tmp_path)
    _painted(session, edits)
    session.close()
    again = _session(tmp_path)
    assert again.recovered == 0
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[4])
    again.close()


def test_session_that_was_lost_is_recovered_once(tmp_path: Path) -> None:
    edits, states = _edits(5)
    session = _session(tmp_path)
    _painted(session, edits[:2])
    session.flush()
    _painted(session, edits[2:])
    again = _session(tmp_path)
    assert again.recovered == 3
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[5])
    third = _session(tmp_path)
    assert third.recovered == 0
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), states[5])
    session.close()


def test_edits_after_a_torn_record_are_not_lost(tmp_path: Path) -> None:
    edits, states = _edits(2)
    session = _session(tmp_path)
    _painted(session, edits[:1])
    journal = tmp_path / "a.journal"
    journal.write_bytes(journal.read_bytes()[:-3])
    second = _session(tmp_path)
    assert second.recovered == 0
    _painted(second, edits)
    third = _session(tmp_path)
    assert third.recovered == 2
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), states[2])
    session.close()


def test_failed_flush_keeps_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, states = _edits(2)
    session = _session(tmp_path)
    _painted(session, edits)

    def refuse(_: LabelFile) -> None:
        raise UnwritableFileError("a", "the disk is full.")

    monkeypatch.setattr(LabelFile, "flush", refuse)
    with pytest.raises(UnwritableFileError):
        session.flush()
    monkeypatch.undo()
    again = _session(tmp_path)
    assert again.recovered == 2
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[2])


PAINTER = """
import sys
from pathlib import Path
import numpy as np
from desktop_app.core.imaging import Region
from desktop_app.core.labelling.store import Edit
from desktop_app.io.labels import LabelSession
folder = Path(sys.argv[1])
session = LabelSession(folder / "a.ome.zarr", folder / "a.journal")
for value in range(1, 100_000):
    place = value % 768
    z, y, x = place // 256, place // 16 % 16, place % 16
    region = Region((z, y, x), (z + 1, y + 1, x + 1))
    before = session.labels.read(region)
    after = np.full((1, 1, 1), value, np.uint32)
    session.labels.write(region, after)
    session.record(Edit.between(region, before, after))
    print(value, flush=True)
    if value % 37 == 0:
        session.flush()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a way to kill a program at once")
@pytest.mark.parametrize("strokes", [20, 37, 74, 150])
def test_killed_program_loses_no_finished_stroke(tmp_path: Path, strokes: int) -> None:
    LabelFile.create(tmp_path / "a.ome.zarr", SHAPE).close()
    child = subprocess.Popen(
        [sys.executable, "-c", PAINTER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if int(line) >= strokes:
                child.kill()
                break
        said = [int(line) for line in child.stdout if line.endswith("\n")]
    child.wait()
    last = max([strokes, *said])
    found = _session(tmp_path).labels.read(Region.whole(SHAPE)).ravel()
    for value in range(max(1, last - 700), last + 1):
        assert found[value % 768] == value


def test_labels_whose_folder_goes_away_are_kept_until_it_is_back(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "a.vwproj", tmp_path / "unmounted"
    project.mkdir()
    edits, states = _edits(6)
    session = _session(project)
    _painted(session, edits[:2])
    project.rename(elsewhere)
    for edit in edits[2:4]:
        edit.apply(session.labels)
    with pytest.raises(UnwritableFileError, match="not there any more"):
        session.flush()
    with pytest.raises(UnwritableFileError, match="not there any more"):
        session.record(edits[3])
    assert not project.exists()
    assert session.dirty
    elsewhere.rename(project)
    _painted(session, edits[4:])
    session.flush()
    assert not session.dirty
    session.close()
    again = _session(project)
    assert again.recovered == 0
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[6])
    again.close()
