"""What was painted since the last flush comes back, up to the last whole record."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.history import EditHistory, ForgottenError
from desktop_app.core.labelling.store import ArrayLabelStore, Edit, Patch
from desktop_app.io.labels import Journal, LabelFile, LabelSession
from desktop_app.io.labels.journal import Past
from desktop_app.io.labels.journal_records import Kind, Record
from desktop_app.io.labels.session import UndoBudget

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


def _journal(path: Path) -> Journal:
    return Journal(path, SHAPE, 2**30)


def _step(edit: Edit) -> Record:
    return Record(Kind.STEP, edit.title, patches=edit.patches)


def _replayed(path: Path) -> tuple[Past, np.ndarray]:
    store = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    return _journal(path).replay(store), store.array


def _written(folder: Path, edits: list[Edit]) -> tuple[Path, list[int]]:
    """A new journal with some steps; its only part, and the bytes of it after each step."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    journal, sizes, part = _journal(folder / "a.journal"), [], folder / "a.journal.000001"
    for edit in edits:
        journal.append(_step(edit))
        sizes.append(part.stat().st_size)
    journal.close()
    return part, sizes


@settings(max_examples=80, deadline=None)
@given(share=st.floats(0, 1), count=st.integers(1, 6))
def test_journal_cut_at_any_byte_gives_a_state_that_was(tmp_path: Path, share: float, count: int) -> None:
    edits, states = _edits(count)
    part, sizes = _written(tmp_path / "journal", edits)
    data = part.read_bytes()
    keep = round(share * len(data))
    part.write_bytes(data[:keep])
    past, array = _replayed(tmp_path / "journal" / "a.journal")
    done = sum(size <= keep for size in sizes)
    assert (len(past.replayed), len(past.done)) == (done, done)
    np.testing.assert_array_equal(array, states[done])


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1), value=st.integers(0, 255))
def test_a_wrong_byte_costs_steps_but_never_what_is_undone_wrongly(tmp_path: Path, place: float, value: int) -> None:
    edits, _ = _edits(4)
    part, _ = _written(tmp_path / "journal", edits)
    data = bytearray(part.read_bytes())
    data[round(place * (len(data) - 1))] = value
    part.write_bytes(data)
    past, array = _replayed(tmp_path / "journal" / "a.journal")
    store, history = ArrayLabelStore(array), EditHistory(10**9)
    history.restore(past.done, past.undone)
    for step in reversed(past.done):
        edit = step.voxels()
        after = [patch.after for patch in edit.patches]
        assert [after] == [[p.after for p in e.patches] for e in edits if [p.after for p in e.patches] == after]
        history.undo(store)


def test_undo_and_redo_are_replayed(tmp_path: Path) -> None:
    edits, states = _edits(3)
    session = _session(tmp_path)
    _painted(session, edits)
    session.undo()
    session.undo()
    session.redo()
    session.abandon()
    again = _session(tmp_path)
    assert again.recovered == ("Brush", "Brush", "Brush", "Undo of Brush", "Undo of Brush", "Redo of Brush")
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[2])
    assert (again.history.position, again.history.redo_titles()) == (2, ["Brush"])
    for position in (1, 0):
        again.undo()
        np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[position])
    for position in (1, 2, 3):
        again.redo()
        np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[position])
    again.close()


def test_what_is_done_during_a_flush_is_replayed(tmp_path: Path) -> None:
    edits, states = _edits(3)
    session = _session(tmp_path)
    _painted(session, edits[:1])
    frozen = session.freeze()
    assert frozen is not None
    _painted(session, edits[1:2])
    session.store(frozen)
    _painted(session, edits[2:])
    session.abandon()
    again = _session(tmp_path)
    assert len(again.recovered) == 2
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[3])
    assert again.history.position == 3
    again.close()


def test_a_step_that_was_never_finished_can_be_undone(tmp_path: Path) -> None:
    edits, states = _edits(3)
    session = _session(tmp_path)
    _painted(session, edits[:1])
    for edit in edits[1:]:
        edit.apply(session.labels)
        session.part(edit)
    session.abandon()
    again = _session(tmp_path)
    assert again.recovered == ("Brush", "Brush (interrupted)")
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[3])
    again.undo()
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[1])
    again.redo()
    again.close()
    third = _session(tmp_path)
    assert third.history.titles() == ["Brush", "Brush (interrupted)"]
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), states[3])
    third.close()


def test_a_step_that_was_carried_out_in_parts_is_one_step(tmp_path: Path) -> None:
    edits, states = _edits(3)
    session = _session(tmp_path)
    for edit in edits:
        session.change(edit.patches[0], "Split")
    session.finish(Edit(tuple(edit.patches[0] for edit in edits), "Split"))
    session.close()
    again = _session(tmp_path)
    assert again.history.titles() == ["Split"]
    again.undo()
    assert not again.labels.read(Region.whole(SHAPE)).any()
    again.redo()
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[3])
    again.close()


def test_a_step_that_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    edits, states = _edits(2)
    session = _session(tmp_path)
    _painted(session, edits[:1])
    edits[1].apply(session.labels)
    session.part(edits[1])
    session.flush()
    edits[1].revert(session.labels)
    session.dropped(edits[1].region)
    session.abandon()
    again = _session(tmp_path)
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[1])
    assert again.history.titles() == ["Brush"]
    again.close()


def test_the_oldest_steps_leave_the_disk_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.io.labels.journal._PART_BYTES", 4_000)
    LabelFile.create(tmp_path / "a.ome.zarr", (1, 64, 64)).close()
    monkeypatch.setattr("desktop_app.io.labels.session._MEGABYTE", 1000)
    budget = UndoBudget(memory_mb=0, disk_mb=30)
    rng = np.random.default_rng(0)
    session = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal", budget=budget)
    states = [session.labels.read(Region.whole((1, 64, 64)))]
    for number in range(60):
        values = rng.integers(0, 9, (1, 16, 16), dtype=np.uint32)
        region = Region((0, 16 * (number % 4), 0), (1, 16 * (number % 4) + 16, 16))
        edit = Edit.between(region, session.labels.read(region), values, f"Step {number}")
        edit.apply(session.labels)
        session.commit(edit)
        states.append(session.labels.read(Region.whole((1, 64, 64))))
        session.flush()
    on_disk = sum(path.stat().st_size for path in tmp_path.glob("a.journal.0*"))
    assert on_disk < 30_000 + 2 * 5_000
    kept = session.history.titles()
    assert kept == [f"Step {number}" for number in range(60 - len(kept), 60)]
    assert 10 < len(kept) < 55
    session.close()
    again = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal", budget=budget)
    assert again.history.titles() == kept
    for number in range(1, len(kept) + 1):
        assert again.undo() is not None
        np.testing.assert_array_equal(again.labels.read(Region.whole((1, 64, 64))), states[60 - number])
    assert again.undo() is None
    again.abandon()


def test_labels_whose_journal_is_gone_are_kept_safe_again(tmp_path: Path) -> None:
    edits, states = _edits(4)
    session = _session(tmp_path)
    _painted(session, edits[:2])
    session.close()
    (tmp_path / "a.journal.000001").unlink()
    session = _session(tmp_path)
    _painted(session, edits[2:])
    session.abandon()
    again = _session(tmp_path)
    assert again.recovered == ("Brush",) * 2
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[4])
    again.close()


def test_where_it_is_not_known_what_is_stored_everything_is_done_again_to_the_same_end(tmp_path: Path) -> None:
    edits, states = _edits(4)
    session = _session(tmp_path)
    _painted(session, edits)
    session.undo()
    session.close()
    (tmp_path / "a.journal.stored").write_text("nonsense")
    again = _session(tmp_path)
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[3])
    assert (again.history.position, again.history.redo_titles()) == (3, ["Brush"])
    again.close()


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_damaged_history_leaves_the_labels_alone(tmp_path: Path, damage: str) -> None:
    edits, states = _edits(4)
    session = _session(tmp_path)
    _painted(session, edits)
    session.close()
    part = tmp_path / "a.journal.000001"
    data = bytearray(part.read_bytes())
    if damage == "gone":
        part.unlink()
    else:
        data[len(data) // 2] ^= 255
        part.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    again = _session(tmp_path)
    assert again.recovered == ()
    for _ in range(6):
        with contextlib.suppress(ForgottenError):
            again.undo()
        now = again.labels.read(Region.whole(SHAPE))
        assert any(np.array_equal(now, state) for state in states)
    _painted(again, [Edit.between(Region.whole(SHAPE), now, states[1], "Fill")])
    again.close()
    third = _session(tmp_path)
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), states[1])
    third.undo()
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), now)
    third.close()


def test_a_bomb_in_a_journal_is_not_unpacked(tmp_path: Path) -> None:
    session = _session(tmp_path)
    bomb = zlib.compress(bytes(8) * 20_000_000)
    box = Region((0, 0, 0), (1, 1, 1))
    session._journal.append(Record(Kind.STEP, "Brush", patches=(Patch(box, bomb, bomb),)))
    session.abandon()
    before = psutil.Process().memory_info().rss
    again = _session(tmp_path)
    assert psutil.Process().memory_info().rss - before < 50 * 2**20
    assert not again.labels.read(Region.whole(SHAPE)).any()
    again.close()


def test_nothing_is_stored_before_the_journal_knows_it(tmp_path: Path) -> None:
    """Also where memory is so short that chunks leave it while a stroke goes on."""
    shape: Index3 = (64, 128, 128)
    LabelFile.create(tmp_path / "a.ome.zarr", shape).close()
    session = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    session.labels._budget = 600_000
    for z in range(0, 64, 8):
        region = Region((z, 0, 0), (z + 8, 128, 128))
        session.labels.write(region, np.full(region.shape, z + 1, np.uint32))
    assert session.labels._chunks.places() == []
    whole = Region.whole(shape)
    session.commit(Edit.between(whole, np.zeros(shape, np.uint32), session.labels.read(whole), "Ball"))
    assert len(session.labels._chunks.places()) >= 6
    session.abandon()
    again = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    assert again.recovered == ("Ball",)
    again.undo()
    assert not again.labels.read(whole).any()
    again.close()


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
    journal.append(_step(_edits(1)[0][0]))
    journal.close()
    past, array = _replayed(tmp_path / "a.journal")
    assert (past.done, past.replayed) == ([], [])
    assert not array.any()


@pytest.mark.parametrize("truncating", [True, False])
def test_full_disk_leaves_a_readable_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, truncating: bool
) -> None:  # fmt: skip
    edits, states = _edits(3)
    journal = _journal(tmp_path / "a.journal")
    journal.append(_step(edits[0]))
    real = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, bytes(data)[: len(data) // 2])

    def refuse(*_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "write", half)
    if not truncating:
        monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(UnwritableFileError, match="disk is full"):
        journal.append(_step(edits[1]))
    monkeypatch.undo()
    journal.append(_step(edits[2]))
    journal.close()
    past, array = _replayed(tmp_path / "a.journal")
    assert len(past.done) == 3
    np.testing.assert_array_equal(array, states[3])


def _session(folder: Path) -> LabelSession:
    if not (folder / "a.ome.zarr").exists():
        LabelFile.create(folder / "a.ome.zarr", SHAPE)
    return LabelSession(folder / "a.ome.zarr", folder / "a.journal")


def _painted(session: LabelSession, edits: list[Edit]) -> None:
    for edit in edits:
        edit.apply(session.labels)
        session.commit(edit)


def test_session_that_was_closed_has_nothing_to_recover(tmp_path: Path) -> None:
    edits, states = _edits(4)
    session = _session(tmp_path)
    _painted(session, edits)
    session.close()
    again = _session(tmp_path)
    assert again.recovered == ()
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[4])
    again.close()


def test_session_that_was_lost_is_recovered_once(tmp_path: Path) -> None:
    edits, states = _edits(5)
    session = _session(tmp_path)
    _painted(session, edits[:2])
    session.flush()
    _painted(session, edits[2:])
    again = _session(tmp_path)
    assert again.recovered == ("Brush",) * 3
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[5])
    third = _session(tmp_path)
    assert third.recovered == ()
    np.testing.assert_array_equal(third.labels.read(Region.whole(SHAPE)), states[5])
    session.close()


def test_edits_after_a_torn_record_are_not_lost(tmp_path: Path) -> None:
    edits, states = _edits(2)
    session = _session(tmp_path)
    _painted(session, edits[:1])
    journal = tmp_path / "a.journal.000001"
    journal.write_bytes(journal.read_bytes()[:-3])
    second = _session(tmp_path)
    assert second.recovered == ()
    _painted(second, edits)
    third = _session(tmp_path)
    assert third.recovered == ("Brush",) * 2
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
    assert again.recovered == ("Brush",) * 2
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
    session.commit(Edit.between(region, before, after))
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
    session.commit(edits[2])
    session.commit(edits[3])
    assert not project.exists()
    assert session.dirty
    elsewhere.rename(project)
    _painted(session, edits[4:])
    session.flush()
    assert not session.dirty
    session.close()
    again = _session(project)
    assert again.recovered == ()
    assert len(again.history.titles()) == 6
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[6])
    again.close()


def test_what_is_said_of_objects_is_a_step_between_others(tmp_path: Path) -> None:
    LabelFile.create(tmp_path / "a.ome.zarr", SHAPE).close()
    session = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    box = Region((0, 0, 0), (1, 2, 2))
    edit = Edit.between(box, np.zeros(box.shape, np.uint32), np.full(box.shape, 5, np.uint32), "Brush")
    edit.apply(session.labels)
    session.commit(edit)
    session.commit(Edit((), "State", b"told"))
    session.sync()
    session.abandon()

    again = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    assert again.history.titles() == ["Brush", "State"]
    step = again.undo()
    assert step is not None
    assert (step.voxels().said, step.voxels().region.empty) == (b"told", True)
    assert again.labels.read(box).all(), "no voxel was touched"
    again.undo()
    assert not again.labels.read(box).any()
    again.redo()
    again.abandon()
    last = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    assert (last.history.titles(), last.history.redo_titles()) == (["Brush"], ["State"])
    last.redo()
    assert last.history.titles() == ["Brush", "State"]
    last.close()


def test_a_stroke_is_one_write_whatever_was_done_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, states = _edits(30)
    session = _session(tmp_path)
    _painted(session, edits[:20])
    real, written, looked = os.write, [], []
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda file, data: written.append(len(data)) or real(file, data))
        patched.setattr(EditHistory, "forget_parts", lambda _, first: looked.append(first))
        _painted(session, edits[20:])
    assert len(written) == 10
    assert looked == []
    session.abandon()
    again = _session(tmp_path)
    np.testing.assert_array_equal(again.labels.read(Region.whole(SHAPE)), states[30])
    again.close()
