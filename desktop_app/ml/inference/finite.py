"""Outputs of a network that are no numbers are never made labels of."""

from __future__ import annotations

import torch

from desktop_app.core.errors import UserError


def require_finite(*outputs: torch.Tensor) -> None:
    """Refuse what a broken network gives.

    Raises:
        UserError: If any value is NaN or infinite.
    """
    if not all(bool(torch.isfinite(values).all()) for values in outputs):
        raise UserError(
            "The model gives values that are not numbers.",
            hint="Its training went wrong, or the image holds extreme values. Take another model, or train anew with a "
            "lower learning rate.",
        )
