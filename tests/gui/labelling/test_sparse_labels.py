from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt

from desktop_app.core.labelling.scheme import BACKGROUND_OBJECT
from desktop_app.core.recipes.registry import all_goals
from desktop_app.gui.training.draft_rules import scheme_problems
from desktop_app.jobs.data.project_data import dataset_for_scheme
from desktop_app.objects.operations import OPERATIONS


def make_sparse(bench) -> None:
    bench.panel.done.meaning.setCurrentIndex(1)
    bench.panel.done.meaning.activated.emit(1)


def test_strokes_of_background_beside_objects_are_learned_from(objects) -> None:
    bar = objects.panel.objects
    assert bar.background.isHidden()
    make_sparse(objects)
    assert not bar.background.isHidden()
    objects.drag((20, 10), (20, 30))
    bar.background.click()
    assert objects.session.active_value == BACKGROUND_OBJECT
    assert bar.background.isChecked()
    objects.drag((50, 10), (50, 60))
    assert objects.session.history.titles() == ["Brush: Object 1", "Brush: Background"]
    assert set(np.unique(objects.labels)) == {0, 1, BACKGROUND_OBJECT}
    scheme = objects.session.project.scheme
    dataset = dataset_for_scheme(scheme)
    assert (dataset.unlabelled, dataset.background) == (0, BACKGROUND_OBJECT)
    assert scheme_problems(scheme, all_goals()["objects3d"]) == []


def test_the_number_of_the_background_does_not_count_as_one_of_an_object(objects) -> None:
    make_sparse(objects)
    objects.drag((20, 10), (20, 30))
    objects.do("label.value_0")
    objects.drag((50, 10), (50, 60))
    objects.do("label.new_object")
    assert objects.session.active_value == 2
    objects.drag((35, 10), (35, 30))
    objects.do("label.new_object")
    assert objects.session.active_value == 3
    objects.do("label.previous")
    assert objects.session.active_value == 2
    objects.do("label.next")
    assert objects.session.active_value == 3
    objects.do("label.swap")
    assert objects.session.active_value == BACKGROUND_OBJECT
    objects.do("label.swap")
    assert objects.session.active_value == 3


def test_where_empty_is_background_nothing_changes(objects) -> None:
    objects.do("label.value_0")
    assert objects.session.active_value == 0
    objects.do("label.swap")
    assert objects.session.active_value != 0
    objects.key(Qt.Key.Key_X)


def test_operations_leave_the_background_alone(objects, qtbot) -> None:
    make_sparse(objects)
    objects.session.set_active_value(4)
    objects.drag((20, 10), (20, 30))
    objects.do("label.value_0")
    for row in (50, 5):
        objects.drag((row, 40), (row, 60))
    background = objects.labels == BACKGROUND_OBJECT
    renumber = OPERATIONS["renumber"]
    objects.panel.operations.on_objects(renumber, renumber.offers[0], ())
    qtbot.waitUntil(lambda: set(np.unique(objects.labels)) == {0, 1, BACKGROUND_OBJECT})
    assert np.array_equal(objects.labels == BACKGROUND_OBJECT, background)
