"""Stopping within a step: on a processor one may take half a minute, and the user waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from desktop_app.core.job import JobCancelled, JobContext


@contextmanager
def stoppable(network: nn.Module, ctx: JobContext) -> Iterator[None]:
    """Within the block the user may stop between the layers of a network, forwards and backwards.

    Hooks on tensors, not on modules: those would not go with rectifiers that work in place. No gradient changes.

    Args:
        network: On a processor; on others steps are short, and their layers are only queued here.
        ctx: May cancel.

    Raises:
        JobCancelled: When the user stops; the buffers of the network, such as batch statistics, are then as before.
    """
    if any(tensor.device.type != "cpu" for tensor in network.parameters()):
        yield
        return
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    layers = [module for module in network.modules() if not list(module.children())]
    handles = [layer.register_forward_hook(_checking(ctx)) for layer in layers]
    try:
        yield
    except JobCancelled:
        for name, buffer in network.named_buffers():
            with torch.no_grad():
                buffer.copy_(before[name])
        raise
    finally:
        for handle in handles:
            handle.remove()


def _checking(ctx: JobContext) -> Any:
    def check(_layer: nn.Module, _given: Any, made: Any) -> None:
        ctx.raise_if_cancelled()
        if isinstance(made, torch.Tensor) and made.requires_grad:
            made.register_hook(check_gradient)

    def check_gradient(_gradient: torch.Tensor) -> None:
        ctx.raise_if_cancelled()

    return check
