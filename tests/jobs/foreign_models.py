"""Stand-ins for panoptic models of another program: small, and laid out as published ones are."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, cast

import torch
import yaml

from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.registry import build_network
from tests.io.models.torch_files import write_torchscript
from tests.ml.networks.foreign_layout import exported_layout, randomised, training_layout

ARGUMENTS: dict[str, Any] = {"encoder": "regnety_200mf", "channels": 32, "layers": 1}
DESCRIPTION: dict[str, Any] = {
    "FINETUNE": {
        "criterion": "PanopticLoss",
        "engine_params": {
            "confidence_thr": 0.4, "label_divisor": 1000, "nms_kernel": 7, "nms_threshold": 0.2, "stuff_area": 64,
            "thing_list": [1], "void_label": 0,
        },
    },
    "class_names": {1: "mito"},
    "labels": [1],
    "thing_list": [1],
    "model": "/somewhere/on/another/computer/tiny.pth",
    "model_quantized": None,
    "norms": {"mean": 0.57571, "std": 0.12765},
    "padding_factor": 128,
    "description": "Mitochondria of phantoms.",
}  # fmt: skip


def tiny_network(outputs: int = 1) -> PanopticNetwork:
    torch.manual_seed(0)
    network = cast(PanopticNetwork, build_network("panoptic_bifpn", ARGUMENTS, 1, outputs))
    randomised(network)
    return network.eval()


def write_exported(path: Path, outputs: int = 1) -> Path:
    """A TorchScript file as it is published."""
    return write_torchscript(path, exported_layout(tiny_network(outputs)))


def write_checkpoint(path: Path, **changed: Any) -> Path:
    """A checkpoint of a training on several GPUs."""
    state = {f"module.{name}": value for name, value in training_layout(tiny_network()).items()}
    torch.save({"arch": "PanopticBiFPNPR", "state_dict": state, "norms": {"mean": 0.5, "std": 0.2}, **changed}, path)
    return path


def write_description(path: Path, **changed: Any) -> Path:
    path.write_text(yaml.safe_dump({**DESCRIPTION, **changed}), encoding="utf-8")
    return path


def write_packed(path: Path, weights: Path, description: Path) -> Path:
    """A model as the other program exports it, with its quantised twin."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}_quantized.pth", b"not for us")
        archive.write(weights, f"{path.stem}.pth")
        archive.write(description, f"{path.stem}.yaml")
    return path
