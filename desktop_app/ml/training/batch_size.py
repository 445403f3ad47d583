"""How many patches a graphics card takes at once, found by doubling until its memory is full."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from desktop_app.core.config.learning import Precision
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.networks.registry import require_patch
from desktop_app.ml.inference.devices import choose_device, is_out_of_memory, mixed_precision
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.base import task_of
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.cost import any_loss
from desktop_app.ml.training.optimisers import new_optimiser
from desktop_app.ml.training.patches import network_input

_MOST = 256  # patches per step, as the field allows


def filled(config: TrainingConfig, channels: int, ctx: JobContext) -> TrainingConfig:
    """The configuration with as many patches per step as the graphics card takes, less a quarter.

    The quarter is left for what other programs take and for fragments of memory. Where there is no card the
    configuration stays as it is; in both cases a note says so.

    Args:
        config: Network, patch, optimiser, device.
        channels: Of the images.
        ctx: Hears which number is tried, and may cancel.

    Raises:
        UserError: If not even one patch fits.
        JobCancelled: If the user stopped it.
    """
    device = choose_device(config.device)
    if device.type != "cuda":
        ctx.report(Note("info", "There is no graphics card to fill, so the number of patches per step stays."))
        return config
    require_patch(config.network, config.network_arguments, config.patch_size)
    task = task_of(config)
    outputs = recipe_named(config.recipe).channels(task)
    network = build_network(config.network, config.network_arguments, channels, outputs).to(device)
    optimiser = new_optimiser(network, config.optimisation, fused=True)

    def step(count: int) -> None:
        image, _ = network_input(torch.zeros((count, channels, *config.patch_size)), {}, config.network, device)
        _step(network, optimiser, image, device, config.optimisation.precision)

    count = usable(doubled(step, ctx))
    torch.cuda.empty_cache()
    patches = "One patch" if count == 1 else f"{count} patches"
    ctx.report(Note("info", f"{patches} per step fill the memory of the graphics card well."))
    return config.model_copy(update={"optimisation": config.optimisation.model_copy(update={"batch_size": count})})


def doubled(step: Callable[[int], None], ctx: JobContext) -> int:
    """The largest power of two for which a step fits.

    Args:
        step: Tries so many patches; raises what PyTorch raises where memory runs out.
        ctx: Hears which number is tried, and may cancel.

    Raises:
        UserError: If not even one patch fits.
    """
    fits, count = 0, 1
    while count <= _MOST:
        ctx.raise_if_cancelled()
        ctx.report(Progress(0, 0, f"Trying {count} patches per step" if count > 1 else "Trying one patch per step"))
        try:
            step(count)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            break
        fits, count = count, 2 * count
    if not fits:
        raise UserError(
            "Not even one patch fits into the memory of the graphics card.",
            hint="Choose a smaller patch or a smaller network.",
        )
    return fits


def usable(fits: int) -> int:
    """Three quarters of the number that fits, an even one; one and two stay."""
    return fits if fits <= 2 else 3 * fits // 4 // 2 * 2  # three quarters, even


def _step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    image: torch.Tensor,
    device: torch.device,
    precision: Precision,
) -> None:
    """One step as the training makes it."""
    network.train()
    optimiser.zero_grad(set_to_none=True)
    with mixed_precision(device, precision):
        outputs = network(image)
    any_loss(outputs).backward()
    optimiser.step()
    torch.cuda.synchronize(device)
