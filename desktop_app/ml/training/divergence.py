"""A loss that runs away: how it is recognised, and what to do about it."""

from __future__ import annotations

from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.errors import UserError

_APART = 10.0
"""Times the lowest loss from which a state has come apart: a network that learns its images by heart stays far below,
one that diverges passes it within a few steps."""
_LOWER = 5.0
"""The rate is divided by this: a clear step, not yet a standstill."""
_USUAL = float(OptimisationParameters.model_fields["learning_rate"].default)
_MORE_WITH_SGD = 5.0
"""Times that rate, as the advice on optimisers says."""


def has_come_apart(loss: float, lowest: float | None) -> bool:
    """Whether a loss is so far above the lowest one that the weights are of no use any more."""
    return lowest is not None and lowest > 0 and loss > _APART * lowest


def diverged(step: int, rates: OptimisationParameters, rate: float, *, best: bool, saved: bool) -> UserError:
    """What to say where the loss is no longer a number.

    Args:
        step: At which.
        rates: How it learned.
        rate: Learning rate of that step.
        best: Whether there is a best state, which becomes the model.
        saved: Whether there is a state to go on from.
    """
    usual = _USUAL * (_MORE_WITH_SGD if rates.optimiser == "sgd" else 1)
    lower = f"{min(rate / _LOWER, usual):.1g}"
    kept = " The best state so far is kept." if best else ""
    again = f"Go on with a lower learning rate, such as {lower} (“Go on with more steps…”, or --resume with --rate)."
    anew = f"Begin anew with a lower learning rate, such as {lower}."
    return UserError(
        f"The loss is no longer a number at step {step:,}.{kept}",
        hint=f"{again if saved else anew} If it comes back, lower the largest gradient to 1, take full precision, and "
        "check the images for wrong values.",
    )
