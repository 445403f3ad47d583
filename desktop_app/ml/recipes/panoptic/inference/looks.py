"""Slices looked at more than once: turned and mirrored, and with several networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional

from desktop_app.ml.inference.looks import View, arrows_back, followed, placed_back, seen, views_for
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.slice_network import SPREAD, network_maps

_SMALLEST = 1e-6  # probability: below it the logarithm would be large, and float16 has nothing there


class MeanOfSlices(nn.Module):
    """A panoptic network that gives the mean of what several say of several views.

    Probabilities, heat map and offsets are averaged, the latter turned back; the logits are those whose probabilities
    are that mean.

    Args:
        networks: On one device; at least one.
        views: Ways to see a slice.
        spread: Whether it also gives how far the looks disagree.
    """

    def __init__(self, networks: Sequence[nn.Module], views: Sequence[View], *, spread: bool = False) -> None:
        super().__init__()
        self.networks, self._views, self._spread = nn.ModuleList(networks), tuple(views), spread

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        """Maps of an image ``(B, C, H, W)``, as those of ``PanopticNetwork`` in evaluation.

        If wanted also ``spread`` ``(B, 1, h, w)``: the standard deviation over all looks of the class for which it is
        largest, and of that the largest in each coarse cell.
        """
        total: list[torch.Tensor] = []
        middle, squares = torch.zeros(()), torch.zeros(())
        count = 0
        for network in self.networks:
            for view in self._views:
                probabilities, heat, offsets = network_maps(network(seen(image, view), render_steps))
                found = [placed_back(maps, view) for maps in (probabilities, heat[:, None], offsets)]
                found[2] = arrows_back(found[2], view)
                count += 1
                if self._spread:
                    middle, squares = followed(found[0], middle, squares, count)
                total = [a + b for a, b in zip(total, found, strict=True)] if total else found
        probabilities, heat, offsets = (maps / count for maps in total)
        outputs = {"sem_logits": _logits(probabilities), "ctr_hmp": heat, "offsets": offsets}
        if self._spread:
            spread = (squares / count).clamp_min(0).sqrt().amax(dim=1, keepdim=True)
            cell = -(-spread.shape[-1] // heat.shape[-1])
            outputs[SPREAD] = functional.max_pool2d(spread, cell, ceil_mode=True)
        return outputs


def looking(predictor: Predictor, *, turned: bool, uncertainty: bool = False) -> Predictor:
    """The same model, looking as often as wanted, with all of its members.

    Raises:
        UserError: If the uncertainty is wanted of a single look.
    """
    views = views_for(predictor, 2, turned=turned, uncertainty=uncertainty)
    if len(views) == 1 and not predictor.members:
        return predictor
    network = MeanOfSlices((predictor.network, *predictor.members), views, spread=uncertainty)
    return replace(predictor, network=network, members=())


def _logits(probabilities: torch.Tensor) -> torch.Tensor:
    """Of one class for a sigmoid, of several for a softmax with the background first."""
    if probabilities.shape[1] == 1:
        return torch.logit(probabilities, _SMALLEST)
    background = 1 - probabilities.sum(dim=1, keepdim=True)
    return torch.cat([background, probabilities], dim=1).clamp_min(_SMALLEST).log()
