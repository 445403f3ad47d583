"""What the panoptic networks share: their three outputs, freezing, and refined outlines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.panoptic import CELL, PanopticArguments
from desktop_app.ml.networks.encoders import build_encoder
from desktop_app.ml.networks.normalisation import BatchNorm, NormKind, SeparableBlock, start_rectified
from desktop_app.ml.networks.point_rend import PointRend

_START_SPREAD = 0.001  # as published (Cheng et al. 2020): outputs begin near 0


class Head(nn.Module):
    """A separable convolution, then one across channels, whose result stays in float32.

    Half precision would cost offsets of some hundred pixels up to a pixel.
    """

    def __init__(self, channels: int, outputs: int, norm: NormKind) -> None:
        super().__init__()
        self.head = nn.Sequential(SeparableBlock(channels, channels, 5, norm), nn.Conv2d(channels, outputs, 1))
        start_rectified(self)
        nn.init.normal_(self._last.weight, std=_START_SPREAD)

    @property
    def _last(self) -> nn.Conv2d:
        last = self.head[1]
        assert isinstance(last, nn.Conv2d)
        return last

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, channels, h, w)`` in, ``(B, outputs, h, w)`` out."""
        values = self.head[0](values)
        with torch.autocast(values.device.type, enabled=False):
            result: torch.Tensor = self._last(values.to(self._last.weight.dtype))
        return result


class PanopticNetwork(nn.Module, ABC):
    """An encoder with two decoders and three heads: classes, centres of objects, and the way to them from each pixel.

    Args:
        inputs: Channels of the image.
        outputs: Channels of the class logits.
        arguments: Encoder and normalisation.
        channels: Of both decoders' results.
        output_stride: Of the encoder.

    Attributes:
        encoder_name: Which encoder it has.
    """

    def __init__(
        self, inputs: int, outputs: int, arguments: PanopticArguments, channels: int, output_stride: int
    ) -> None:
        super().__init__()
        self._keeps_statistics = False
        self.encoder_name: str = arguments.encoder
        encoder_norm: NormKind = "none" if arguments.folded else arguments.norm
        self.encoder = build_encoder(arguments.encoder, inputs, encoder_norm, output_stride)
        self.semantic_head = Head(channels, outputs, arguments.norm)
        self.ins_center = Head(channels, 1, arguments.norm)
        self.ins_xy = Head(channels, 2, arguments.norm)
        self.semantic_pr = PointRend(channels, outputs)

    @abstractmethod
    def decoded(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, channels, H/4, W/4)`` for the classes, and for the objects."""

    def forward(
        self, image: torch.Tensor, render_steps: int = 2, part: tuple[int, int] | None = None
    ) -> dict[str, torch.Tensor]:
        """All maps of an image.

        Args:
            image: ``(B, I, H, W)`` float, sizes multiples of the network's divisor.
            render_steps: How often the coarse class logits are enlarged twofold; 2 gives H × W. Not used in training.
            part: Rows and columns of the image from the top left whose logits are wanted, where the rest is padding;
                there may be more. Not used in training.

        Returns:
            In evaluation ``sem_logits (B, C, H * 2**(render_steps - 2), …)`` or a part of them,
            ``ctr_hmp (B, 1, H/4, W/4)`` and ``offsets (B, 2, H/4, W/4)`` (dy, dx in pixels of the image). In training
            all three are H × W, and there are ``sem_points (B, C, P)`` at ``point_coords (B, P, 2)`` (x, y, 0 to 1).
            All float32, heat map and logits raw.
        """
        semantic, instance = self.decoded(image)
        coarse = self.semantic_head(semantic)
        maps = {"ctr_hmp": self.ins_center(instance), "offsets": self.ins_xy(instance)}
        if not self.training:
            cells = None if part is None else (-(-part[0] // CELL), -(-part[1] // CELL))
            return {"sem_logits": self.semantic_pr.render(coarse, semantic, render_steps, cells), **maps}
        points, coordinates = self.semantic_pr.train_points(coarse, semantic)
        fine = {name: enlarged(values) for name, values in maps.items()}
        return {"sem_logits": enlarged(coarse), "sem_points": points, "point_coords": coordinates, **fine}

    def stages(self) -> list[nn.Module]:
        """The parts of the encoder that can be frozen: the stem and the four stages."""
        return self.encoder.stages()

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation; statistics of frozen parts stay as they are."""
        super().train(mode)
        if mode:
            for module in self.modules():
                if isinstance(module, BatchNorm) and (self._keeps_statistics or _frozen(module)):
                    module.eval()
        return self

    def keep_statistics(self, flag: bool = True) -> None:
        """Use the running statistics of batch normalisation in training, too: right for batches of one or two."""
        self._keeps_statistics = flag
        self.train(self.training)


def enlarged(maps: torch.Tensor) -> torch.Tensor:
    """Coarse maps at the size of the image: fourfold, bilinear, corners aligned, float32."""
    return functional.interpolate(maps.float(), scale_factor=CELL, mode="bilinear", align_corners=True)


def _frozen(module: BatchNorm) -> bool:
    weight: Any = module.weight
    return weight is not None and not weight.requires_grad
