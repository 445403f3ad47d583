"""How fast a place computes: steps of a small training, counted for some seconds."""

from __future__ import annotations

import time

import torch
from torch import nn

from desktop_app.core.job import JobContext
from desktop_app.ml.inference.devices import processor_threads

_CHANNELS = 16  # of each layer; between what small and large networks have at full size
_PATCH = (1, 1, 16, 64, 64)  # (B, C, Z, Y, X); the usual patch of a small 3D training


def places() -> tuple[tuple[str, str], ...]:
    """Where torch computes here, best first: name for torch and for a person; the processor comes last."""
    found = [(f"cuda:{n}", torch.cuda.get_device_name(n)) for n in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU (Metal)"))
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found += [(f"xpu:{n}", torch.xpu.get_device_name(n)) for n in range(torch.xpu.device_count())]
    return (*found, ("cpu", f"Processor, {processor_threads()}"))


def steps_per_second(place: str, seconds: float, ctx: JobContext) -> float:
    """Count how many training steps of three 3D convolutions a place does in a second.

    Args:
        place: As torch names it.
        seconds: For how long; the first step, which sets everything up, does not count.
        ctx: For cancelling.

    Raises:
        RuntimeError: If the place does not compute.
        JobCancelled: When asked to stop.
    """
    device = torch.device(place)
    network = nn.Sequential(
        nn.Conv3d(1, _CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.Conv3d(_CHANNELS, _CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.Conv3d(_CHANNELS, 1, 3, padding=1),
    ).to(device)
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4)  # so small that nothing grows; only time counts
    image = torch.randn(_PATCH, device=device)
    _step(network, optimiser, image)
    count, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        ctx.raise_if_cancelled()
        _step(network, optimiser, image)
        count += 1
    return count / spent if count else 1 / max(spent, 1e-9)


def _step(network: nn.Module, optimiser: torch.optim.Optimizer, image: torch.Tensor) -> None:
    optimiser.zero_grad()
    loss = (network(image) - image).square().mean()
    loss.backward()
    optimiser.step()
    loss.item()  # waits until a GPU has done its part
