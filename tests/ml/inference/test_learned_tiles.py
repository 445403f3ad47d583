from __future__ import annotations

import pytest

from desktop_app.ml.inference.learned_tiles import larger_than_learned
from tests.cards import semantic_card


@pytest.mark.parametrize(
    ("network", "patch", "tile", "told"),
    [
        ("mednext2d", (1, 64, 64), (1, 96, 96), True),
        ("mednext2d", (1, 64, 64), (96, 96), True),
        ("mednext2d", (1, 64, 64), (64, 64), False),
        ("mednext2d", (1, 512, 512), (1024, 1024), False),
        ("unet2d", (1, 64, 64), (96, 96), False),
        ("torchscript", (1, 64, 64), (96, 96), False),
    ],
)
def test_tiles_beyond_the_patches_of_a_network_that_looks_farther_are_told(network, patch, tile, told) -> None:
    card = semantic_card(name="far").model_copy(update={"network": network, "patch_size": patch})
    note = larger_than_learned(card, tile)
    assert (note is not None) == told
    if note is not None:
        assert "Tiles of 96 × 96 px are larger than the patches of 64 × 64 px" in note.text
