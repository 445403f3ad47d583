"""Outlines refined at the doubtful points."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

_LAYERS = 3  # as published (Kirillov et al. 2020), as all below but the last
_TRAINED_POINTS = 1024  # of an image and step
_CANDIDATES = 3  # times as many are drawn, of which the most doubtful are taken
_DOUBTFUL_SHARE = 0.75  # of the points; the rest is drawn anywhere
_DOUBTFUL = 2.0
"""Logits: pixels nearer than this to another class are classified anew. Of three networks, trained for 300 steps, no
pixel beyond it changed its class; with 1 up to 8 in 10,000 did."""
_BESIDE = 2
"""Pixels around which another class makes a pixel doubtful, however sure a network is: outlines are what is refined."""
_POINTS_AT_ONCE = 65536  # bounds memory: 65,536 points of 256 features are 64 MB
_START_SPREAD = 0.001  # outputs begin near 0
_RIM = 4
"""Cells around a part on which its logits depend: half a one and the ``_BESIDE`` pixels of each step, ever smaller."""


class PointHead(nn.Module):
    """A small perceptron that classifies points by their features and coarse logits."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.fc_layers = nn.ModuleList(
            nn.Sequential(nn.Conv1d(features + outputs, features, 1), nn.ReLU(inplace=True)) for _ in range(_LAYERS)
        )
        self.predictor = nn.Conv1d(features + outputs, outputs, 1)
        for layer in self.fc_layers:
            conv = layer.get_submodule("0")
            if isinstance(conv, nn.Conv1d):
                _start(conv, math.sqrt(2 / conv.in_channels))
        _start(self.predictor, _START_SPREAD)

    def forward(self, features: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, C, P)`` of points with features ``(B, F, P)`` and coarse logits ``(B, C, P)``."""
        values = torch.cat([features, coarse], dim=1)
        for layer in self.fc_layers:
            values = torch.cat([layer(values), coarse.to(values.dtype)], dim=1)
        with torch.autocast(values.device.type, enabled=False):
            logits: torch.Tensor = self.predictor(values.to(self.predictor.weight.dtype))
        return logits


class PointRend(nn.Module):
    """PointRend (Kirillov et al. 2020, arXiv 1912.08193) for one map of classes.

    Args:
        features: Channels of the feature map.
        outputs: Channels of the logits.
    """

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.point_head = PointHead(features, outputs)

    def train_points(self, coarse: torch.Tensor, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of points to learn from: three quarters the most doubtful of random ones, the rest random.

        Args:
            coarse: Logits ``(B, C, h, w)``.
            features: Features ``(B, F, h, w)``.

        Returns:
            Logits ``(B, C, P)`` and coordinates ``(B, P, 2)`` (x, y), 0 to 1 from edge to edge of the image.
        """
        coordinates = self._training_coordinates(coarse.detach())
        return self._at(coarse, features, coordinates), coordinates

    def render(
        self, coarse: torch.Tensor, features: torch.Tensor, steps: int, part: tuple[int, int] | None = None
    ) -> torch.Tensor:
        """Logits enlarged twofold ``steps`` times; each time the doubtful pixels are classified anew.

        A pixel's own doubt decides, not its rank among all of the image as published: so it does not matter what else
        is there, nor how large it is.

        Args:
            coarse: Logits ``(B, C, h, w)``, one cell for 4 pixels of the image.
            features: Features ``(B, F, h, w)``.
            steps: How often to enlarge; 2 gives the size of the image.
            part: Cells (rows, columns) from the top left whose logits are wanted; None: all.

        Returns:
            ``(B, C, h * 2**steps, w * 2**steps)`` float32; of a part, a little more than was wanted.
        """
        if part is not None:
            rows, columns = (n + _RIM for n in part)
            coarse, features = coarse[..., :rows, :columns], features[..., :rows, :columns]
        logits, features = coarse.float(), features.float()
        for _ in range(steps):
            logits = functional.interpolate(logits, scale_factor=2, mode="bilinear", align_corners=False)
            logits = self._refined(logits, coarse, features)
        return logits

    def _refined(self, logits: torch.Tensor, coarse: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        batch, classes, height, width = logits.shape
        flat = logits.reshape(batch, classes, height * width)
        doubtful = _doubtful(logits)
        for number in range(batch):
            places = torch.nonzero(doubtful[number])[:, 0]
            one = slice(number, number + 1)
            traced = torch.jit.is_tracing()  # type: ignore[attr-defined]  # a trace keeps the number of portions
            portions = (places,) if traced else torch.split(places, _POINTS_AT_ONCE)
            for some in portions:
                seen = torch.cat([some, some.new_zeros(1)])  # so that there is one where nothing is doubtful
                coordinates = torch.stack(
                    [(seen % width + 0.5) / width, (torch.div(seen, width, rounding_mode="floor") + 0.5) / height], -1
                )
                found = self._at(coarse[one], features[one], coordinates[None])[0].float()
                flat[number, :, some] = found[:, :-1]
        return flat.reshape(batch, classes, height, width)

    def _at(self, coarse: torch.Tensor, features: torch.Tensor, coordinates: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.point_head(point_sample(features, coordinates), point_sample(coarse, coordinates))
        return logits

    @torch.no_grad()
    def _training_coordinates(self, coarse: torch.Tensor) -> torch.Tensor:
        batch = coarse.shape[0]
        candidates = torch.rand(batch, _CANDIDATES * _TRAINED_POINTS, 2, device=coarse.device)
        doubt = uncertainty(point_sample(coarse, candidates))
        doubtful = int(_DOUBTFUL_SHARE * _TRAINED_POINTS)
        chosen = torch.topk(doubt, doubtful, sorted=False).indices
        kept = torch.gather(candidates, 1, chosen[..., None].expand(-1, -1, 2))
        others = torch.rand(batch, _TRAINED_POINTS - doubtful, 2, device=coarse.device)
        return torch.cat([kept, others], dim=1)


def uncertainty(logits: torch.Tensor) -> torch.Tensor:
    """How doubtful points ``(B, C, P)`` are, ``(B, P)``: near zero for one class, or two classes alike."""
    if logits.shape[1] == 1:
        return -logits[:, 0].abs()
    best = torch.topk(logits, 2, dim=1).values
    return best[:, 1] - best[:, 0]


def _doubtful(logits: torch.Tensor) -> torch.Tensor:
    """Which pixels of ``(B, C, h, w)`` are to be refined, ``(B, h * w) bool``."""
    batch, classes, height, width = logits.shape
    flat = logits.reshape(batch, classes, height * width)
    best = (logits > 0) if classes == 1 else logits.argmax(dim=1, keepdim=True)
    number, edge = best.to(logits.dtype), 2 * _BESIDE + 1
    highest = functional.max_pool2d(number, edge, 1, _BESIDE)
    lowest = -functional.max_pool2d(-number, edge, 1, _BESIDE)
    return (uncertainty(flat) > -_DOUBTFUL) | (highest != lowest).reshape(batch, -1)


def point_sample(maps: torch.Tensor, coordinates: torch.Tensor) -> torch.Tensor:
    """Values ``(B, C, P)`` float32 of ``maps (B, C, h, w)`` at ``coordinates (B, P, 2)`` (x, y from 0 to 1)."""
    grid = (2 * coordinates.float() - 1)[:, :, None]
    with torch.autocast(maps.device.type, enabled=False):
        return functional.grid_sample(maps.float(), grid, align_corners=False)[..., 0]


def _start(conv: nn.Conv1d, spread: float) -> None:
    nn.init.normal_(conv.weight, std=spread)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
