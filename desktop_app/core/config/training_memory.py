"""How much memory the images of a training may take."""

from __future__ import annotations

from desktop_app.core.config.training import TrainingConfig

_SHARE = 0.25
"""Of the free memory, where the user says nothing; the network and its gradients need the rest."""


def images_budget(config: TrainingConfig, free_bytes: float) -> float:
    """Bytes that images and what is learned of them may take together.

    Args:
        config: Of the training.
        free_bytes: Of the computer's memory now.
    """
    return config.images_gb * 2**30 if config.images_gb else _SHARE * free_bytes
