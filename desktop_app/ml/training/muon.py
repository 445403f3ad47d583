"""Muon: steps whose every direction is as long, for the kernels of a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of the odd polynomial that is applied again and again (Jordan et al. 2024): from about 0 to 1 each singular value
comes between 0.7 and 1.2 in five rounds, which is near enough."""
_ROUNDS = 5
"""Of the polynomial, as published."""
_LIKE_ADAMW = 0.2
"""Root mean square of a step of AdamW over its learning rate (Liu et al. 2025, arXiv 2502.16982)."""
_FASTER = 2.5
"""Times the learning rate, so that the one that suits AdamW suits here, too: of 0.002, 0.005 and 0.01, the second was
best or as good as the best for nuclei in pictures and volumes and for mitochondria."""
_MEMORY = (0.9, 0.999)
"""Of the means of gradients and of their squares, for vectors; as AdamW's."""
_TINY = 1e-8
"""Against division by zero."""


class Muon(torch.optim.Optimizer):
    """Kernels learn by Muon, all else by AdamW.

    The running mean of a kernel's gradients, seen as a matrix of outputs by all else, is replaced by the nearest matrix
    with singular values of 1 (Jordan et al. 2024, kellerjordan.github.io/posts/muon), so that directions with small
    gradients learn as fast as those with large ones. How long a step is follows from the rate alone, whatever the
    shape of the kernel (Liu et al. 2025, arXiv 2502.16982). Weight decay is that of AdamW (arXiv 1711.05101).

    Args:
        parameters: Groups of weights.
        lr: Learning rate, as for AdamW.
        weight_decay: Per learning rate.
        momentum: How much of the last mean of gradients is kept, 0 to 1.
    """

    def __init__(
        self, parameters: Iterable[dict[str, Any]], lr: float, weight_decay: float, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Change all weights that have gradients."""
        for group in self.param_groups:
            rate = _FASTER * group["lr"]
            for weight in group["params"]:
                gradient = weight.grad
                if gradient is None:
                    continue
                weight.mul_(1 - rate * group["weight_decay"])
                if _is_kernel(weight):
                    change = self._orthogonal(weight, gradient, group["momentum"])
                else:
                    change = self._adaptive(weight, gradient)
                weight.add_(change, alpha=-rate)

    def _orthogonal(self, weight: torch.Tensor, gradient: torch.Tensor, momentum: float) -> torch.Tensor:
        state = self.state[weight]
        if not state:
            state["mean"] = torch.zeros_like(weight)
        mean = state["mean"].mul_(momentum).add_(gradient)
        ahead = gradient.add(mean, alpha=momentum).flatten(1)
        return orthogonal(ahead).mul_(_LIKE_ADAMW * max(ahead.shape) ** 0.5).reshape(weight.shape)

    def _adaptive(self, weight: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        state = self.state[weight]
        if not state:
            state |= {"step": 0, "mean": torch.zeros_like(weight), "square": torch.zeros_like(weight)}
        state["step"] += 1
        (first, second), step = _MEMORY, state["step"]
        mean = state["mean"].lerp_(gradient, 1 - first)
        square = state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        spread = (square / (1 - second**step)).sqrt_().add_(_TINY)
        return mean / (1 - first**step) / spread


def _is_kernel(weight: torch.Tensor) -> bool:
    """Of a layer that sees more than one voxel, or of a linear layer; single-voxel ones mostly are the outputs."""
    return weight.ndim == 2 or (weight.ndim > 2 and weight[0, 0].numel() > 1)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """About the nearest matrix ``(m, n)`` whose singular values are 1, by Newton and Schulz's way."""
    a, b, c = _QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / (found.norm() + _TINY)
    for _ in range(_ROUNDS):
        gram = found @ found.T
        found = a * found + (b * gram + c * gram @ gram) @ found
    return found.T if tall else found
