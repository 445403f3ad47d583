"""A model whose threshold is far off, and labelled pictures that tell the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import write_volume
from desktop_app.io.models import load_card, save_model
from desktop_app.ml.inference.loading import predictor_of
from tests.cards import semantic_card

EDGE = 64
TOO_HIGH = 0.8
"""Threshold of the model: its network is never so sure of a nucleus."""
_SIZE = 12


class _Greys(nn.Module):
    """Takes grey values for how sure it is of a nucleus."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        nucleus = torch.logit(image.clamp(0.01, 0.99))
        return torch.cat([torch.zeros_like(nucleus), nucleus], dim=1)


def _picture(number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Four nuclei with a halo of half their brightness, and their labels."""
    sure, labels = np.full((1, EDGE, EDGE), 0.05), np.zeros((1, EDGE, EDGE), np.uint16)
    for place in range(4):
        y, x = 8 + 28 * (place // 2) + number, 8 + 28 * (place % 2)
        sure[0, y - 4 : y + _SIZE + 4, x - 4 : x + _SIZE + 4] = 0.25
        sure[0, y : y + _SIZE, x : x + _SIZE] = 0.48
        labels[0, y : y + _SIZE, x : x + _SIZE] = place + 1
    return np.round(sure * 255).astype(np.uint8), labels


def write_voxels(path: Path, voxels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume.from_array(voxels)
    write_volume(path, volume.source, volume)


def labelled_pictures(folder: Path) -> Path:
    """A data set of three pictures."""
    for number in range(3):
        image, labels = _picture(number)
        write_voxels(folder / "images" / f"p{number}.tif", image)
        write_voxels(folder / "labels" / f"p{number}.tif", labels)
    return folder


def card_to_tune(**changes: Any) -> ModelCard:
    usual = {
        "network": "unet2d", "dimensions": 2, "patch_size": (1, EDGE, EDGE), "divisor": (1, 16, 16),
        "normalisation": Normalisation(kind="range"),
        "decode": {"objects": "connected", "threshold": TOO_HIGH, "min_size": 5},
    }  # fmt: skip
    return semantic_card(**{**usual, **changes})


def model_to_tune(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(
        "desktop_app.ml.training.fitted_decoding.load_predictor",
        lambda model, device: predictor_of(load_card(model), _Greys(), torch.device("cpu")),
    )
    return save_model(path, card_to_tune(), {"a": np.zeros(1, np.float32)})
