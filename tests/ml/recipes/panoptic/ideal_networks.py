"""Networks that know the truth, and models around them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Volume
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.inference.loading import predictor_of
from desktop_app.ml.inference.predictor import Predictor
from tests import cards
from tests.objects.panoptic.ideal import ideal_maps

_CALM = 64.0


class LabelReadingNetwork(nn.Module):
    """The image holds labels over ``scale``; the outputs are perfect for the islands of the slice.

    Args:
        scale: Labels are so many times the network's input.
        watch: Called with each input.
    """

    def __init__(self, scale: float, watch: Callable[[torch.Tensor], None] = lambda _: None) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 1)
        self._scale, self._watch = scale, watch

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        """As a panoptic network in evaluation; rendering enlarges by repetition."""
        self._watch(image)
        labels = torch.round(image[:, 0].float() * self._scale).numpy().astype(np.uint32)
        found = [ideal_maps(one) for one in labels]
        repeat = np.ones((2 ** (render_steps - 2),) * 2)
        logits = np.stack([np.kron(np.where(f.classes > 0, 6.0, -6.0), repeat)[None] for f in found])
        return {
            "sem_logits": torch.from_numpy(logits.astype(np.float32)),
            "ctr_hmp": torch.from_numpy(np.stack([f.heatmap[None] for f in found])),
            "offsets": torch.from_numpy(np.stack([f.offsets for f in found])),
        }


class PassingNetwork(nn.Module):
    """The image's four channels are the mask, the heatmap and the offsets: what a pixel gives depends on it alone."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(4, 4, 1)

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        """As a panoptic network in evaluation."""
        coarse = image[:, 1:, ::4, ::4]
        return {
            "sem_logits": 12 * image[:, :1] - 6,
            "ctr_hmp": coarse[:, :1],
            "offsets": (coarse[:, 1:] - 2) * _CALM,
        }


def passing_channels(labels: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The image ``(4, Z, Y, X)`` for a ``PassingNetwork`` that shall find the labels, slices along z."""
    found = [ideal_maps(one, step=1) for one in labels]
    mask = np.stack([f.classes.astype(np.float32) for f in found])
    heatmap = np.stack([f.heatmap for f in found])
    offsets = np.stack([f.offsets for f in found]).swapaxes(0, 1) / _CALM + 2
    return np.concatenate([mask[None], heatmap[None], offsets]).astype(np.float32)


def panoptic_card(inputs: int = 1, divisor: int = 16, names: tuple[str, ...] = ("Mito",)) -> ModelCard:
    """The card of such a model."""
    return cards.panoptic_card(
        name="ideal",
        network="panoptic_deeplab",
        input_channels=inputs,
        output_channels=1 if len(names) == 1 else 1 + len(names),
        class_names=names,
        class_values=tuple(range(1, 1 + len(names))),
        patch_size=(1, 256, 256),
        divisor=(1, divisor, divisor),
    )


def predictor_with(network: nn.Module, volume: Volume, span: float = 1.0, inputs: int = 1) -> Predictor:
    """A predictor whose network's input is the image over ``span``."""
    predictor = predictor_of(panoptic_card(inputs), network, torch.device("cpu"))
    channels = tuple(range(inputs))
    predictor.remember_greys(volume, channels, GreyScale((0.0,) * inputs, (span,) * inputs))
    return predictor


def label_reader(labels: NDArray[np.uint32]) -> tuple[Predictor, Volume]:
    """A model that finds the objects of these labels in their own image."""
    volume = Volume.from_array(labels.astype(np.float32))
    highest = float(max(int(labels.max()), 1))
    return predictor_with(LabelReadingNetwork(highest), volume, highest), volume
