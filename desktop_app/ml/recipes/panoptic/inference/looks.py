"""Slices looked at more than once: turned and mirrored, and with several networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from desktop_app.ml.inference.looks import View, arrows_back, placed_back, seen, views_of
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.slice_network import network_maps

_SMALLEST = 1e-6  # probability: below it the logarithm would be large, and float16 has nothing there


class MeanOfSlices(nn.Module):
    """A panoptic network that gives the mean of what several say of several views.

    Probabilities, heat map and offsets are averaged, the latter turned back; the logits are those whose probabilities
    are that mean.

    Args:
        networks: On one device; at least one.
        views: Ways to see a slice.
    """

    def __init__(self, networks: Sequence[nn.Module], views: Sequence[View]) -> None:
        super().__init__()
        self.networks, self._views = nn.ModuleList(networks), tuple(views)

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        """Maps of an image ``(B, C, H, W)``, as those of ``PanopticNetwork`` in evaluation."""
        total: list[torch.Tensor] = []
        for network in self.networks:
            for view in self._views:
                probabilities, heat, offsets = network_maps(network(seen(image, view), render_steps))
                found = [placed_back(maps, view) for maps in (probabilities, heat[:, None], offsets)]
                found[2] = arrows_back(found[2], view)
                total = [a + b for a, b in zip(total, found, strict=True)] if total else found
        probabilities, heat, offsets = (maps / (len(self.networks) * len(self._views)) for maps in total)
        return {"sem_logits": _logits(probabilities), "ctr_hmp": heat, "offsets": offsets}


def looking(predictor: Predictor, *, turned: bool) -> Predictor:
    """The same model, looking as often as wanted, with all of its members."""
    if not turned and not predictor.members:
        return predictor
    views = views_of(2) if turned else views_of(2)[:1]
    return replace(predictor, network=MeanOfSlices((predictor.network, *predictor.members), views), members=())


def _logits(probabilities: torch.Tensor) -> torch.Tensor:
    """Of one class for a sigmoid, of several for a softmax with the background first."""
    if probabilities.shape[1] == 1:
        return torch.logit(probabilities, _SMALLEST)
    background = 1 - probabilities.sum(dim=1, keepdim=True)
    return torch.cat([background, probabilities], dim=1).clamp_min(_SMALLEST).log()
