"""A loss that a network has of its own while it learns, besides that of its logits."""

from __future__ import annotations

from typing import Any

import torch

_LOGITS, _LOSS = "logits", "side loss"


def with_side_loss(logits: torch.Tensor, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    """What such a network gives in training.

    Args:
        logits: ``(B, C, [Z,] Y, X)``.
        loss: A single number, weighted already.
    """
    return {_LOGITS: logits, _LOSS: loss}


def parted(outputs: Any) -> tuple[Any, torch.Tensor | None]:
    """What the recipe's loss takes of the outputs of a network in training, and its own loss where it has one."""
    if isinstance(outputs, dict) and _LOSS in outputs:
        return outputs[_LOGITS], outputs[_LOSS]
    return outputs, None
