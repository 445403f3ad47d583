"""A stand-in for published models: the weights of an own network under the names of the other program."""

from __future__ import annotations

import re

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from desktop_app.ml.networks.panoptic import PanopticNetwork


def randomised(network: nn.Module, seed: int = 0) -> None:
    """Statistics and weights as if it had been trained."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(module.bias, std=0.2, generator=generator)
            assert module.num_batches_tracked is not None
            module.num_batches_tracked.fill_(7)
    for name, parameter in network.named_parameters():
        if name.endswith("fpn.weights"):
            nn.init.uniform_(parameter, -0.2, 1.0, generator=generator)


def training_layout(network: PanopticNetwork) -> dict[str, torch.Tensor]:
    """Names of a training checkpoint: the shared convolution of a pyramid is listed for each of its four levels."""
    found = {}
    for name, value in network.state_dict().items():
        if ".after_combine." in name:
            for level in range(4):
                found[name.replace(".after_combine.", f".after_combines.{level}.")] = value
        else:
            found[name] = value
    return found


def exported_layout(network: PanopticNetwork) -> dict[str, torch.Tensor]:
    """Names of an exported model: normalisation folded, and fused layers one level deeper."""
    given = training_layout(network)
    deeplab = "semantic_decoder.aspp.project.0.weight" in given
    found: dict[str, torch.Tensor] = {}
    for name, value in given.items():
        parent, _, leaf = name.rpartition(".")
        if not _is_folded(name, deeplab):
            fused = deeplab and (".fc_layers." in name or ".aspp_pooling." in name)
            found[f"{parent}.0.{leaf}" if fused else name] = value
        elif value.ndim == 4:
            norm = _norm(parent)
            if f"{norm}.running_mean" not in given:
                found[name], found[f"{parent}.bias"] = value, given[f"{parent}.bias"]
                continue
            weight, bias = _fold(given, parent, norm)
            place = f"{parent}.0" if _has_rectifier(parent) else parent
            found[f"{place}.weight"], found[f"{place}.bias"] = weight, bias
    return found


def _is_folded(name: str, deeplab: bool) -> bool:
    if name.startswith("encoder."):
        return True
    return deeplab and "aspp_pooling" not in name and bool(re.search(r"_decoder\.(aspp|project)\.", name))


def _norm(conv: str) -> str:
    if conv.rpartition(".")[2].startswith("conv"):
        return re.sub(r"conv(\d)$", r"bn\1", conv)
    return re.sub(r"\.0$", ".1", conv)


def _has_rectifier(conv: str) -> bool:
    return not re.search(r"(\.layer\d\.\d+\.conv3|downsample\.0|\.third\.0|shortcut\.0)$", conv)


def _fold(given: dict[str, torch.Tensor], conv: str, norm: str) -> tuple[torch.Tensor, torch.Tensor]:
    mean, variance, weight, bias = (
        given[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
    )
    kernel, shift = fuse_conv_bn_weights(given[f"{conv}.weight"], None, mean, variance, 1e-5, weight, bias)
    return kernel.detach(), shift.detach()
