from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import ArrayLabelStore, Edit
from desktop_app.core.labelling.history import EditHistory


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
    assert not history.can_undo
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
    assert not history.can_redo
    assert history.titles() == ["Paint 1", "Paint 2", "Paint 99"]


def test_oldest_edits_go_first_when_memory_is_short() -> None:
    size = filled(1)[0].nbytes
    history, _, _ = filled(20, budget=size * 5 + size // 2)
    assert history.titles() == [f"Paint {n}" for n in range(16, 21)]


def test_the_newest_edit_stays_however_large() -> None:
    history, store, _ = filled(3, budget=1)
    assert history.titles() == ["Paint 3"]
    history.clear()
    assert not history.can_undo
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
        assert history.can_undo == (here > 0)
        assert history.can_redo == (here < len(states) - 1)
