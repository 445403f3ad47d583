"""What to train with where memory does not do."""

from __future__ import annotations

from desktop_app.core.config.learning import MOST_ROUNDS
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.registry import network_divisor, require_patch

_SHRINKS = (0.75, 0.5)
"""Shares of the patch's edges that are tried; nearest first, as the network should still see objects whole."""


def smaller(config: TrainingConfig) -> TrainingConfig | None:
    """The configuration with half the patches at once, gathered over twice as many rounds; then with smaller patches.

    Whole images stay whole.

    Returns:
        None if there is nothing smaller that the network takes.
    """
    rates = config.optimisation
    if rates.batch_size > 1:
        fewer = rates.batch_size // 2
        rounds = min(MOST_ROUNDS, round(rates.accumulate * rates.batch_size / fewer))
        less = rates.model_copy(update={"batch_size": fewer, "accumulate": rounds})
        return config.model_copy(update={"optimisation": less})
    for share in () if config.whole_images else _SHRINKS:
        patch = _shrunk(config, share)
        if patch != config.patch_size and _fits(config, patch):
            return config.model_copy(update={"patch_size": patch})
    return None


_NO_ROOM = "There is not enough memory: the training goes on with"


def is_smaller(told: str) -> bool:
    """Whether a line of the log tells that a training goes on with less, as ``smaller_in_words`` does."""
    return told.startswith(_NO_ROOM)


def done_again(saved: int, reached: int) -> str:
    """What follows where more steps were done than saved, with a space before it; empty where nothing is lost."""
    if saved >= reached:
        return ""
    if reached == saved + 1:
        return f" Step {reached:,} is done again, as the state after it was not saved yet."
    return f" Steps {saved + 1:,} to {reached:,} are done again, as the state after them was not saved yet."


def smaller_in_words(config: TrainingConfig, less: TrainingConfig) -> str:
    """What ``smaller`` changed, in a sentence."""
    if less.patch_size != config.patch_size:
        size = " × ".join(str(edge) for edge in less.patch_size)
        return f"{_NO_ROOM} patches of {size} (z, y, x)."
    rates = less.optimisation
    at_once = "one patch" if rates.batch_size == 1 else f"{rates.batch_size} patches"
    return f"{_NO_ROOM} {at_once} at a time, and as many per step as before ({rates.accumulate} rounds)."


def _shrunk(config: TrainingConfig, share: float) -> Index3:
    parts = network_divisor(config.network, config.network_arguments)
    z, y, x = (max(part, int(edge * share) // part * part) for edge, part in zip(config.patch_size, parts, strict=True))
    return z, y, x


def _fits(config: TrainingConfig, patch: Index3) -> bool:
    try:
        require_patch(config.network, config.network_arguments, patch)
    except UserError:
        return False
    return True
