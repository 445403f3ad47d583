"""Outputs of a network that are no numbers are never made labels of."""

from __future__ import annotations

import numpy as np
import torch

from desktop_app.core.errors import UserError


def require_finite(*outputs: torch.Tensor) -> None:
    """Refuse what a broken network gives.

    Raises:
        UserError: If any value is NaN or infinite.
    """
    if not all(map(_finite, outputs)):
        raise UserError(
            "The model gives values that are not numbers.",
            hint="Its training went wrong, or the image holds extreme values. Take another model, or train anew with a "
            "lower learning rate.",
        )


def _finite(values: torch.Tensor) -> bool:
    """Whether all are numbers. A sum tells it at a quarter of the cost: it is none as soon as one is none.

    Only where so many large values are added that the sum is infinite is each looked at. On a processor NumPy adds:
    torch would share the little work out to threads, and wait 10 ms for them where objects are made at the same time.
    """
    if values.device.type == "cpu" and values.dtype == torch.float32:
        with np.errstate(all="ignore"):
            total = torch.as_tensor(values.detach().numpy().sum(dtype=np.float32))
    else:
        total = values.sum(dtype=torch.float32)
    return bool(torch.isfinite(total)) or bool(torch.isfinite(values).all())
