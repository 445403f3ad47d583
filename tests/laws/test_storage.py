"""The same picture gives the same network input, however it is stored and wherever in a stack its objects lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Volume
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.ml.data.greys import broken_note, grey_scale
from desktop_app.ml.recipes.registry import COMPUTED

COPIES: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    "16 bits": lambda a: a.astype(np.uint16),
    "times 257": lambda a: a.astype(np.uint16) * 257,
    "big-endian": lambda a: a.astype(">u2"),
    "signed, below 0": lambda a: a.astype(np.int16) - 20_000,
    "32 bits, far from 0": lambda a: a.astype(np.int32) + 10**9,
    "float": lambda a: a.astype(np.float32) / 255,
    "double, below 0": lambda a: a.astype(np.float64) * 1e-6 - 3,
}


def _input(array: NDArray[Any], normalisation: Normalisation) -> NDArray[np.float32]:
    volume = Volume.from_array(array)
    return grey_scale(volume, (0,), normalisation).apply(volume.read()[None])[0]


def _dim() -> NDArray[np.uint8]:
    """Grey values between 20 and 60, as a short exposure gives them."""
    rng = np.random.default_rng(1)
    picture = rng.normal(30, 3, (6, 64, 64))
    picture[2:4, 20:40, 20:40] += 20
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("recipe", list(COMPUTED))
@pytest.mark.parametrize("copy", list(COPIES))
def test_new_models_see_every_copy_alike(recipe: str, copy: str) -> None:
    network = next(info.name for info in NETWORKS.values() if recipe in info.recipes)
    patch = (1, 256, 256) if NETWORKS[network].dimensions == 2 else (32, 64, 64)
    config = TrainingConfig(recipe=recipe, network=network, patch_size=patch)
    normalisation = COMPUTED[recipe].start(config, RecordingContext()).normalisation
    dim = _dim()
    assert np.allclose(_input(COPIES[copy](dim), normalisation), _input(dim, normalisation), atol=1e-4)


def test_models_of_earlier_versions_take_eight_bits_as_before() -> None:
    dim, old = _dim(), Normalisation(kind="range", mean=0.5, std=0.25)
    assert np.allclose(_input(dim, old), (dim / 255 - 0.5) / 0.25, atol=1e-5)


@pytest.mark.parametrize(("depth", "bright"), [(240, (95, 104)), (915, (100, 109)), (915, (906, 915))])
@pytest.mark.parametrize("kind", ["percentile", "stretched"])
def test_the_grey_scale_is_that_of_the_whole_stack(depth: int, bright: tuple[int, int], kind: Any) -> None:
    rng = np.random.default_rng(0)
    stack = rng.normal(100, 5, (depth, 48, 48))
    stack[slice(*bright)] += rng.uniform(0, 900, (bright[1] - bright[0], 48, 48))
    normalisation = Normalisation(kind=kind)
    low, high = np.percentile(stack, (normalisation.low, normalisation.high))
    greys = grey_scale(Volume.from_array(stack.astype(np.float32)), (0,), normalisation)
    assert greys.spans[0] == pytest.approx(high - low, rel=0.02)
    assert greys.offsets[0] == pytest.approx(low, abs=0.5)


@pytest.mark.parametrize("place", [0, 7, 60, 99])
def test_a_slice_without_numbers_is_noticed_wherever_it_lies(place: int) -> None:
    stack = np.random.default_rng(0).normal(100, 5, (100, 300, 300)).astype(np.float32)
    assert broken_note(grey_scale(Volume.from_array(stack), (0,), Normalisation()), "a") is None
    stack[place] = np.nan
    note = broken_note(grey_scale(Volume.from_array(stack), (0,), Normalisation()), "a")
    assert isinstance(note, Note)
    assert note.text.startswith("a: 1.00% of the grey values looked at are not numbers")
