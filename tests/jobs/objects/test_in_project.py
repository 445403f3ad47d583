"""Operations that a job writes into the labels of a project: one step, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.labels import LabelFile, LabelSession
from desktop_app.io.labels.journal import Journal
from desktop_app.jobs.objects.in_project import carry_out_in_project
from desktop_app.objects.operations import Change

WHOLE = Region.whole((6, 40, 40))


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[LabelSession]:
    LabelFile.create(tmp_path / "a.ome.zarr", WHOLE.shape).close()
    session = LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")
    yield session
    session.abandon()


def changes() -> list[Change]:
    """Each slice gets its own label."""
    found = []
    for z in range(6):
        slab = Region((z, 0, 0), (z + 1, 40, 40))
        found.append(Change.between(slab, np.zeros(slab.shape, np.uint32), np.full(slab.shape, z + 1, np.uint32)))
    return found


def reopened(tmp_path: Path) -> LabelSession:
    return LabelSession(tmp_path / "a.ome.zarr", tmp_path / "a.journal")


def test_all_changes_are_one_step_that_outlasts_a_kill(tmp_path: Path, labels: LabelSession) -> None:
    ctx = RecordingContext()
    edit = carry_out_in_project(changes(), labels, "Split", frozenset({3}), ctx)
    assert edit is not None
    labels.finish(edit)
    done = labels.labels.read(WHOLE)
    assert np.unique(done).tolist() == [0, 1, 2, 4, 5, 6]
    assert [event.done for event in ctx.events] == list(range(6))
    again = reopened(tmp_path)
    np.testing.assert_array_equal(again.labels.read(WHOLE), done)
    assert again.recovered == ("Split",)
    again.undo()
    assert not again.labels.read(WHOLE).any()
    again.close()


def test_stopped_in_the_middle_all_is_put_back(tmp_path: Path, labels: LabelSession) -> None:
    with pytest.raises(JobCancelled):
        carry_out_in_project(changes(), labels, "Split", frozenset(), RecordingContext(cancel_after=3))
    assert not labels.labels.read(WHOLE).any()
    assert labels.history.next_undo is None
    again = reopened(tmp_path)
    assert not again.labels.read(WHOLE).any()
    assert again.history.next_undo is None
    again.close()


def test_killed_in_the_middle_the_part_can_be_undone(tmp_path: Path, labels: LabelSession) -> None:
    carry_out_in_project(changes()[:2], labels, "Split", frozenset(), RecordingContext())
    again = reopened(tmp_path)
    assert again.recovered == ("Split (interrupted)",)
    assert np.unique(again.labels.read(WHOLE)).tolist() == [0, 1, 2]
    again.undo()
    assert not again.labels.read(WHOLE).any()
    again.close()


def test_a_full_disk_puts_all_back(labels: LabelSession, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = Journal._written, []

    def full(journal: Journal, record: object) -> object:
        calls.append(record)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        return real(journal, record)

    monkeypatch.setattr(Journal, "_written", full)
    with pytest.raises(UnwritableFileError, match="disk is full"):
        carry_out_in_project(changes(), labels, "Split", frozenset(), RecordingContext())
    assert not labels.labels.read(WHOLE).any()
