"""Statistics of batch normalisation: kept, or made right for averaged weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from desktop_app.ml.inference.devices import mixed_precision
from desktop_app.ml.networks.normalisation import BatchNorm


def learning_norms(network: nn.Module) -> list[str]:
    """Names of the batch normalisations whose statistics change while training."""
    network.train()
    return [name for name, module in network.named_modules() if isinstance(module, BatchNorm) and module.training]


@torch.no_grad()
def refresh_statistics(
    average: nn.Module, names: Iterable[str], images: Iterable[torch.Tensor], device: torch.device
) -> None:
    """Give averaged weights statistics of their own (Izmailov et al. 2018, arXiv 1803.05407, section 3.1).

    The running statistics belong to the weights of the last few steps; the averaged weights give other values.
    ``torch.optim.swa_utils.update_bn`` would renew frozen layers, too, and leave dropout switched on meanwhile.

    Args:
        average: Network in evaluation mode.
        names: Of its batch normalisations to renew.
        images: Batches ``(B, C, Y, X)``; their statistics are averaged.
        device: Where they are.
    """
    norms = [module for name in names if isinstance(module := average.get_submodule(name), BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for image in images:
        with mixed_precision(device):
            average(image)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
