from __future__ import annotations

import numpy as np

from desktop_app.core.labelling.learned import learned_alone, values_of


def test_other_classes_background_and_unknown_become_zero() -> None:
    labels = np.array([0, 1, 2, 3, 9], np.uint8)
    assert learned_alone(labels, labels, (2, 3), (1, None)).tolist() == [0, 0, 2, 3, 0]
    assert learned_alone(labels, labels, None, (1, 9)).tolist() == [0, 0, 2, 3, 0]


def test_labels_that_number_objects_keep_their_numbers() -> None:
    labels = np.array([0, 1001, 2001, 2002, 9000], np.uint16)
    values = values_of(labels, 1000, 9000)
    assert values.tolist() == [0, 1, 2, 2, 9000]
    assert learned_alone(labels, values, (2,), (None, 9000)).tolist() == [0, 0, 2001, 2002, 0]
