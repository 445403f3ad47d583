"""How large a tile a network may see without meeting what it has not learned."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3
from desktop_app.core.job import Note
from desktop_app.core.networks.registry import NETWORKS


def learned_tile(card: ModelCard) -> Index3:
    """The largest tile (z, y, x) in which a network has learned what lies around a place; any where that is no matter.

    Trained on patches that are smaller than its view, it has seen nothing but padding farther away. Balls learned from
    32 px cover 5 % of a volume, and twice as much was painted in tiles of 64 px, a tenth in tiles of 32 px; discs
    learned from 128 px agree with themselves alone in a black picture to Dice 0.87, in tiles of 128 px to 0.97.
    """
    info = NETWORKS.get(card.network)
    reach = info.reach if info is not None else 0
    z, y, x = (edge if edge < reach else sys.maxsize for edge in card.patch_size)
    return z, y, x


def larger_than_learned(card: ModelCard, tile: Sequence[int]) -> Note | None:
    """What is said of a tile ([z,] y, x) that was wished, where a model may see objects in it otherwise than usual."""
    learned = learned_tile(card)[-len(tile) :]
    if all(edge <= most for edge, most in zip(tile, learned, strict=True)):
        return None
    wished, known = (" × ".join(map(str, edges[-2:])) for edges in (tile, card.patch_size))
    return Note(
        "warning",
        f"Tiles of {wished} px are larger than the patches of {known} px that the model has learned from, and it "
        "looks farther than these: it may find other objects than in its usual tiles. Automatic takes those.",
    )
