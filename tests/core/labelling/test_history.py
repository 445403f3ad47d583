from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import ArrayLabelStore, Edit
from desktop_app.core.labelling.history import EditHistory, Step


def paint(store: ArrayLabelStore, column: int, value: int) -> Edit:
    region = Region((0, 0, column), (1, 8, column + 1))
    before = store.read(region)
    store.write(region, np.full(region.shape, value, np.uint32))
    return Edit.between(region, before, store.read(region), f"Paint {value}")


def filled(count: int, budget: int = 10**9) -> tuple[EditHistory, ArrayLabelStore, list[np.ndarray]]:
    store, history, states = ArrayLabelStore(np.zeros((1, 8, 8), np.uint32)), EditHistory(budget), []
    for number in range(1, count + 1):
        states.append(store.array.copy())
        history.push(paint(store, number % 8, number))
    states.append(store.array.copy())
    return history, store, states


def test_hundreds_of_steps_come_back_one_by_one() -> None:
    history, store, states = filled(300)
    for state in reversed(states[:-1]):
        region = history.undo(store)
        assert region is not None
        np.testing.assert_array_equal(store.array, state)
    assert history.next_undo is None
    assert history.undo(store) is None
    for state in states[1:]:
        history.redo(store)
        np.testing.assert_array_equal(store.array, state)
    assert history.redo(store) is None


def test_titles_name_the_steps() -> None:
    history, store, _ = filled(3)
    assert history.titles() == ["Paint 1", "Paint 2", "Paint 3"]
    history.undo(store)
    history.undo(store)
    assert (history.undo_title, history.redo_title) == ("Paint 1", "Paint 2")
    assert history.redo_titles() == ["Paint 2", "Paint 3"]
    assert history.next_undo is not None
    assert history.next_undo.title == "Paint 1"


def test_a_new_edit_forgets_what_was_undone() -> None:
    history, store, _ = filled(3)
    history.undo(store)
    history.push(paint(store, 0, 99))
    assert history.next_redo is None
    assert history.titles() == ["Paint 1", "Paint 2", "Paint 99"]


def test_oldest_edits_go_first_when_memory_is_short() -> None:
    size = filled(1)[0].nbytes
    history, _, _ = filled(20, budget=size * 5 + size // 2)
    assert history.titles() == [f"Paint {n}" for n in range(16, 21)]


def test_the_newest_edit_stays_however_large() -> None:
    history, store, _ = filled(3, budget=1)
    assert history.titles() == ["Paint 3"]
    history.clear()
    assert history.next_undo is None
    assert history.undo(store) is None


@given(st.lists(st.sampled_from(["paint", "undo", "redo"]), max_size=60))
def test_any_walk_ends_where_a_list_of_states_says(steps: list[str]) -> None:
    store, history = ArrayLabelStore(np.zeros((1, 8, 8), np.uint32)), EditHistory(10**9)
    states, here = [store.array.copy()], 0
    for number, step in enumerate(steps, start=1):
        if step == "paint":
            history.push(paint(store, number % 8, number))
            states, here = [*states[: here + 1], store.array.copy()], here + 1
        elif step == "undo":
            history.undo(store)
            here = max(0, here - 1)
        else:
            history.redo(store)
            here = min(len(states) - 1, here + 1)
        np.testing.assert_array_equal(store.array, states[here])
        assert (history.next_undo is not None) == (here > 0)
        assert (history.next_redo is not None) == (here < len(states) - 1)


@given(st.lists(st.sampled_from(["paint", "store", "undo", "redo", "forget", "clear"]), max_size=60), st.integers(0, 9))
def test_the_memory_that_is_counted_is_that_of_the_steps(steps: list[str], room: int) -> None:
    store, known = ArrayLabelStore(np.zeros((1, 8, 8), np.uint32)), []
    history = EditHistory(room * filled(1)[0].nbytes)
    for number, what in enumerate(steps, start=1):
        if what == "paint":
            known.append(history.push(paint(store, number % 8, number)))
        elif what == "store" and known and known[-1].edit is not None:
            on_disk(known[-1], part=number)
        elif what == "undo":
            history.undo(store)
        elif what == "redo":
            history.redo(store)
        elif what == "forget":
            history.forget_parts(number // 2)
        elif what == "clear":
            history.clear()
        kept = [step for step in known if step.title in (*history.titles(), *history.redo_titles())]
        assert history.nbytes == sum(step.nbytes for step in kept)
        newest = history.next_undo.nbytes if history.next_undo is not None else 0
        undone = sum(step.nbytes for step in kept if step.title in history.redo_titles())
        assert history.nbytes <= max(room * filled(1)[0].nbytes, newest + undone)


def on_disk(step: Step, part: int) -> None:
    edit = step.edit
    assert edit is not None
    step.stored, step.part = (lambda: edit), part


@pytest.mark.parametrize("room", [10**9, 2000])
def test_remembering_a_step_looks_at_no_older_one(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever there is room for: thousands of strokes must not make the next one slower."""
    looked, size = [], Step.nbytes.fget
    assert size is not None
    history, store, _ = filled(50, budget=room)
    for step in (*history._done, *history._undone):
        on_disk(step, part=1)
    monkeypatch.setattr(Step, "nbytes", property(lambda step: looked.append(step) or size(step)))
    for number in range(100, 120):
        on_disk(history.push(paint(store, number % 8, number)), part=1)
    assert len(looked) <= 3 * 20
