from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.io.models import save_model
from desktop_app.jobs.train.results import read_result
from tests.cards import semantic_card


@pytest.mark.parametrize(("steps", "counts"), [(None, True), (80, True), (120, False)])
def test_a_model_of_before_the_run_went_on_is_not_its_result(tmp_path: Path, steps: int | None, counts: bool) -> None:
    card = semantic_card(divisor=(8, 8, 8), training={"steps": 80, "best_step": 60})
    save_model(tmp_path / "Nuclei.vwmodel", card, {"w": np.zeros(3, np.float32)})
    found = read_result(tmp_path, steps)
    assert (found is not None) == counts
    assert found is None or found.best_step == 60
