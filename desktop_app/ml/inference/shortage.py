"""The way out when memory runs out: the same with less at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from desktop_app.core.errors import UserError
from desktop_app.ml.inference.devices import is_out_of_memory

T = TypeVar("T")
L = TypeVar("L")


def until_it_fits(
    compute: Callable[[L], T],
    load: L,
    lighter: Callable[[L], L | None],
    device: torch.device,
    *,
    tell: Callable[[L], None],
    hint: str,
) -> T:
    """What ``compute`` gives for a load, or for the first lighter one that fits into memory.

    Args:
        compute: Called with a load, anew for each.
        load: How much at a time, at first.
        lighter: The next lighter load; None if there is none.
        device: Where it is computed; what it still holds of the failed try is given back.
        tell: Called with each lighter load before it is tried.
        hint: What the user can do where not even the lightest fits.

    Raises:
        UserError: If memory does not suffice for the lightest load.
    """
    while True:
        try:
            return compute(load)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            less = lighter(load)
            if less is None:
                text = "There is not enough memory even for the smallest tile."
                raise UserError(text, hint=hint, details=str(error)) from error
        load = less  # only here the failed try's arrays are gone, which its error held
        if device.type == "cuda":
            torch.cuda.empty_cache()
        tell(load)
