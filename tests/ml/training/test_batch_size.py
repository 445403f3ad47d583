"""Patches per step are doubled until the memory of a graphics card, here a stand-in, is full."""

from __future__ import annotations

import pytest
import torch

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.ml.training import batch_size
from desktop_app.ml.training.batch_size import doubled, filled, usable


def card_for(most: int, tried: list[int]):
    """A step on a card that takes so many patches."""

    def step(count: int) -> None:
        tried.append(count)
        if count > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    return step


@pytest.mark.parametrize(("most", "fits"), [(1, 1), (5, 4), (8, 8), (10_000, 256)])
def test_the_largest_power_of_two_that_fits(most: int, fits: int) -> None:
    tried: list[int] = []
    ctx = RecordingContext()
    assert doubled(card_for(most, tried), ctx) == fits
    assert tried == [2**n for n in range(len(tried))]
    assert ctx.of_kind(Progress)[0].message == "Trying one patch per step"


def test_a_quarter_is_left_free() -> None:
    assert [usable(fits) for fits in (1, 2, 4, 8, 16, 256)] == [1, 2, 2, 6, 12, 192]


def test_too_little_memory_other_errors_and_a_stop() -> None:
    with pytest.raises(UserError, match="Not even one patch fits"):
        doubled(card_for(0, []), RecordingContext())

    def broken(_count: int) -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        doubled(broken, RecordingContext())
    with pytest.raises(JobCancelled):
        doubled(card_for(8, []), RecordingContext(cancel_after=2))


def config() -> TrainingConfig:
    return TrainingConfig.model_validate(
        {"output": "o", "recipe": "semantic", "network": "unet2d", "patch_size": (1, 32, 32), "dataset": {"pairs": ()}}
    )


def test_without_a_card_nothing_changes_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_size, "choose_device", lambda _wanted: torch.device("cpu"))
    ctx = RecordingContext()
    assert filled(config(), 1, ctx) == config()
    assert "no graphics card" in ctx.of_kind(Note)[0].text


def test_what_was_found_becomes_part_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    class Card:
        """A device that computes on the processor, but calls itself a card."""

        type = "cuda"

    network = torch.nn.Conv2d(1, 3, 1)
    network.to = lambda _device: network  # type: ignore[method-assign]
    tried: list[int] = []
    step = card_for(9, tried)
    monkeypatch.setattr(batch_size, "choose_device", lambda _wanted: Card())
    monkeypatch.setattr(batch_size, "build_network", lambda *_: network)
    monkeypatch.setattr(batch_size, "network_input", lambda image, *_: (image, {}))
    monkeypatch.setattr(batch_size, "_step", lambda _n, _o, image, *_: step(image.shape[0]))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    ctx = RecordingContext()
    found = filled(config(), 1, ctx)
    assert (tried, found.optimisation.batch_size) == ([1, 2, 4, 8, 16], 6)
    assert ctx.of_kind(Note)[0].text == "6 patches per step fill the memory of the graphics card well."
