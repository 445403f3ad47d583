"""Cards of small models, complete but for what a test is about."""

from __future__ import annotations

from typing import Any

from desktop_app.core.config.model_card import ModelCard


def semantic_card(**changes: Any) -> ModelCard:
    """The card of a model that finds one kind of object in volumes."""
    usual = {
        "name": "m", "recipe": "semantic", "network": "unet3d", "dimensions": 3, "input_channels": 1,
        "output_channels": 2, "patch_size": (8, 16, 16), "divisor": (1, 1, 1),
    }  # fmt: skip
    return ModelCard.model_validate({**usual, **changes})


def panoptic_card(**changes: Any) -> ModelCard:
    """The card of a model that finds one kind of object in single pictures."""
    usual = {
        "name": "m", "recipe": "panoptic", "network": "panoptic_bifpn", "dimensions": 2, "input_channels": 1,
        "output_channels": 1, "patch_size": (1, 128, 128), "divisor": (1, 128, 128),
    }  # fmt: skip
    return ModelCard.model_validate({**usual, **changes})
