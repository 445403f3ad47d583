"""What a training costs, measured by a few steps on made-up numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import psutil
import torch
from torch import nn

from desktop_app.core.config.learning import Precision
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.networks.registry import require_patch
from desktop_app.ml.inference.devices import choose_device, mixed_precision
from desktop_app.ml.networks.registry import build_network, memory_order, parameter_count
from desktop_app.ml.recipes.base import task_of
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.patches import network_input

_STEPS = 3  # the quickest counts, as other programs only ever slow it
_PREPARING = 1.1  # times a step, roughly: patches are cut and changed beside it
_OVERLAP = 2.2  # tiles overlap by a quarter: (1 / 0.75)^3 is 2.4 in 3D, less in 2D
_PROGRAM_GB = 0.6  # Python, torch and the window, roughly


@dataclass(frozen=True, slots=True)
class Cost:
    """What one configuration costs on this computer.

    Attributes:
        seconds_per_step: With drawing of patches.
        seconds_per_voxel: Of checking a whole image.
        memory_gb: Peak, the images left out.
        parameters: Weights of the network.
        device: ``cpu`` or ``cuda…``.
        free_memory_gb: Of the computer now.
    """

    seconds_per_step: float
    seconds_per_voxel: float
    memory_gb: float
    parameters: int
    device: str
    free_memory_gb: float


def measure_cost(config: TrainingConfig, channels: int) -> Cost:
    """Time a few steps; takes a second or two on a CPU.

    Args:
        config: Network, patch and batch.
        channels: Channels of the images.

    Raises:
        UserError: If the device is not there, or the patch does not suit the network.
    """
    device = choose_device(config.device)
    task = task_of(config)
    outputs = recipe_named(config.recipe).channels(task)
    require_patch(config.network, config.network_arguments, config.patch_size)
    network = build_network(config.network, config.network_arguments, channels, outputs)
    network = cast(Any, network).to(device, memory_format=memory_order(config.network))
    shape = (config.optimisation.batch_size, channels, *config.patch_size)
    image, _ = network_input(torch.zeros(shape), {}, config.network, device)
    held = _held_bytes(network, image)
    rates = config.optimisation
    seconds = min(_timed(network, image, device, rates.precision, learn=True) for _ in range(_STEPS))
    forward = min(_timed(network, image, device, "auto", learn=False) for _ in range(2))
    weights = 4 * 4 * parameter_count(network)  # 4 bytes: weights, gradients, two means of Adam
    return Cost(
        seconds_per_step=seconds * rates.accumulate * _PREPARING,
        seconds_per_voxel=_OVERLAP * forward / image[:, 0].numel(),
        memory_gb=_PROGRAM_GB + (2 * held + weights) / 2**30,
        parameters=parameter_count(network),
        device=str(device),
        free_memory_gb=psutil.virtual_memory().available / 2**30,
    )


def _timed(
    network: nn.Module, image: torch.Tensor, device: torch.device, precision: Precision, *, learn: bool
) -> float:
    network.train(learn)
    start = time.perf_counter()
    with torch.set_grad_enabled(learn), mixed_precision(device, precision):
        outputs = network(image)
    if learn:
        any_loss(outputs).backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def any_loss(outputs: Any) -> torch.Tensor:
    """Something to learn from, of one output, or several by name or one after the other."""
    maps = list(outputs.values()) if isinstance(outputs, dict) else outputs
    maps = maps if isinstance(maps, list | tuple) else [maps]
    return torch.stack([values.float().square().mean() for values in maps]).sum()


def _held_bytes(network: nn.Module, image: torch.Tensor) -> int:
    """Bytes that the forward pass keeps for the backward pass."""
    held = 0

    def count(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal held
        held += tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        network(image)
    return held
