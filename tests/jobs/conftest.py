from __future__ import annotations

import pytest

from tests.jobs.fake_batch import FakePredictor, model_card


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    fake = FakePredictor(model_card())
    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", lambda model, device, others=(): fake)
    return fake
