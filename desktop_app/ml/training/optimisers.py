"""Optimisers by name, made of the weights that learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import nn

from desktop_app.core.config.learning import OptimisationParameters, OptimiserName
from desktop_app.ml.training.muon import Muon

_Groups: TypeAlias = list[dict[str, Any]]


def new_optimiser(
    network: nn.Module, rates: OptimisationParameters, *, fused: bool, later: bool = False
) -> torch.optim.Optimizer:
    """The optimiser of what learns; unless told so, vectors do not decay.

    Args:
        network: Weights that are frozen are left out.
        rates: Which optimiser, its rate and weight decay.
        fused: Whether all weights change at once, which is faster on a GPU.
        later: Whether frozen weights will learn, too; they are taken in and stay as they are until they have gradients.
    """
    learning = [p for p in network.parameters() if later or p.requires_grad]
    groups: _Groups = [{"params": learning}]
    if not rates.decay_all:
        groups = [
            {"params": [p for p in learning if p.ndim > 1]},
            {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
        ]
    return OPTIMISERS[rates.optimiser](groups, rates, fused)


def _adamw(groups: _Groups, rates: OptimisationParameters, fused: bool) -> torch.optim.Optimizer:
    """Loshchilov and Hutter 2019, arXiv 1711.05101."""
    return torch.optim.AdamW(groups, lr=rates.learning_rate, weight_decay=rates.weight_decay, foreach=fused)


def _adam(groups: _Groups, rates: OptimisationParameters, fused: bool) -> torch.optim.Optimizer:
    """Kingma and Ba 2015, arXiv 1412.6980; weight decay is added to the gradient."""
    return torch.optim.Adam(groups, lr=rates.learning_rate, weight_decay=rates.weight_decay, foreach=fused)


def _radam(groups: _Groups, rates: OptimisationParameters, fused: bool) -> torch.optim.Optimizer:
    """Liu et al. 2020, arXiv 1908.03265, with the weight decay of AdamW."""
    decay = rates.weight_decay
    return torch.optim.RAdam(
        groups, lr=rates.learning_rate, weight_decay=decay, decoupled_weight_decay=True, foreach=fused
    )


def _sgd(groups: _Groups, rates: OptimisationParameters, fused: bool) -> torch.optim.Optimizer:
    """With the momentum of Nesterov (Sutskever et al. 2013, ICML, section 2)."""
    return torch.optim.SGD(
        groups,
        lr=rates.learning_rate,
        momentum=rates.momentum,
        weight_decay=rates.weight_decay,
        nesterov=rates.momentum > 0,
        foreach=fused,
    )


def _muon(groups: _Groups, rates: OptimisationParameters, fused: bool) -> torch.optim.Optimizer:
    """Jordan et al. 2024; what is no kernel learns by AdamW."""
    return Muon(groups, lr=rates.learning_rate, weight_decay=rates.weight_decay)


OPTIMISERS: dict[OptimiserName, Callable[[_Groups, OptimisationParameters, bool], torch.optim.Optimizer]] = {
    "adamw": _adamw,
    "adam": _adam,
    "radam": _radam,
    "sgd": _sgd,
    "muon": _muon,
}
