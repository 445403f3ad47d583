"""Loss of a panoptic network: classes, centres, offsets and outlines."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.losses.panoptic import PanopticLossParameters
from desktop_app.ml.data.targets import IGNORED


class PanopticLoss(nn.Module):
    """Weighted sum of four losses (Cheng et al. 2020, arXiv 1911.10194; Kirillov et al. 2020, arXiv 1912.08193).

    ``classes``: cross-entropy, mean of the hardest share of the known pixels of the batch. ``centres``: squared error
    of the heatmap, mean over the known pixels. ``offsets``: absolute errors of dy and dx added, mean over the known
    pixels of objects. ``outlines``: cross-entropy at sampled points, mean over the known ones. Unknown pixels never
    count; a part without any known pixel is 0. All is computed in float32.

    Args:
        parameters: Weights of the four, and the share of the known pixels that teach the classes.
    """

    def __init__(self, parameters: PanopticLossParameters) -> None:
        super().__init__()
        self.weights = {
            "classes": parameters.semantic_weight,
            "centres": parameters.centre_weight,
            "offsets": parameters.offset_weight,
            "outlines": parameters.point_weight,
        }
        self.hardest = parameters.hardest_share

    def forward(
        self, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss, a scalar, and its parts before weighting.

        Args:
            outputs: ``sem_logits (B, C, Y, X)`` (C = 1 for one class, else background first), ``ctr_hmp (B, 1, Y, X)``,
                ``offsets (B, 2, Y, X)``; ``sem_points (B, C, P)`` at ``point_coords (B, P, 2)`` (x, y, 0 to 1 from
                edge to edge), without which there is no loss of the outlines.
            targets: ``(B, Y, X)`` each: ``classes`` (255 unknown), ``heatmap``, ``offset_y``, ``offset_x`` and
                ``inside`` (where there are objects).
        """
        classes = targets["classes"]
        known = classes != IGNORED
        parts = {
            "classes": self._classes(outputs["sem_logits"], classes, known),
            "centres": _mean((outputs["ctr_hmp"][:, 0].float() - targets["heatmap"]).square(), known),
            "offsets": _offsets(outputs["offsets"].float(), targets, known),
        }
        if "sem_points" in outputs:
            parts["outlines"] = _outlines(outputs["sem_points"], outputs["point_coords"], classes)
        total = torch.stack([self.weights[name] * value for name, value in parts.items()]).sum()
        return total, parts

    def _classes(self, logits: torch.Tensor, classes: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        if logits.shape[0] != classes.shape[0] or logits.shape[2:] != classes.shape[1:]:
            raise ValueError(f"Expected logits and classes of one shape, got {logits.shape} and {classes.shape}")
        losses = _entropy(logits, classes)[known]
        if losses.numel() == 0:
            return logits.float().sum() * 0.0
        return torch.topk(losses, max(1, round(self.hardest * losses.numel())), sorted=False).values.mean()


def _entropy(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each pixel or point; of unknown ones it means nothing."""
    wanted = classes.masked_fill(classes == IGNORED, 0)
    logits = logits.float()
    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], (wanted > 0).float(), reduction="none")
    return functional.cross_entropy(logits, wanted.long(), reduction="none")


def _mean(losses: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def _offsets(offsets: torch.Tensor, targets: Mapping[str, torch.Tensor], known: torch.Tensor) -> torch.Tensor:
    wanted = torch.stack([targets["offset_y"], targets["offset_x"]], dim=1)
    return _mean((offsets - wanted).abs().sum(dim=1), known & targets["inside"])


def _outlines(logits: torch.Tensor, coordinates: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Cross-entropy at points, whose classes are those of the pixels they lie in."""
    height, width = classes.shape[-2:]
    size = torch.tensor([width, height], device=coordinates.device)
    pixels = (coordinates.float() * size).long().clamp(min=0)
    x, y = pixels[..., 0].clamp(max=width - 1), pixels[..., 1].clamp(max=height - 1)
    at_points = torch.gather(classes.flatten(1), 1, y * width + x)
    return _mean(_entropy(logits, at_points), at_points != IGNORED)
