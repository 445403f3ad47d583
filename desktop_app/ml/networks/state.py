"""Weights that come from elsewhere: by what names they go, and which encoder they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, get_args

import torch

from desktop_app.core.networks.panoptic import Encoder
from desktop_app.ml.networks.encoders import build_encoder

StateDict: TypeAlias = Mapping[str, Any]
"""Weights by name: tensors or NumPy arrays."""
Signature: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""Channels out, and in per group, of the 3 × 3 convolutions of each stage."""

_WRAPPERS = ("state_dict", "model_state_dict", "model")
STAGE = re.compile(r"^(?:layer|stage)([1-4])\.")
"""Names of what belongs to a stage of an encoder."""

COUNTER = "num_batches_tracked"
"""End of the names of what counts steps, and changes nothing about what a network says."""

_BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
_EPSILON = 1e-5  # of batch normalisation in PyTorch


def tensors_of(state: StateDict) -> dict[str, torch.Tensor]:
    """The tensors of a state dict, also of one inside a checkpoint; names lose a ``module.`` that all have."""
    for key in _WRAPPERS:
        inner = state.get(key)
        if isinstance(inner, Mapping):
            return tensors_of(inner)
    found = {}
    for name, value in state.items():
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            found[str(name)] = torch.as_tensor(value).detach().cpu()
    while found and all(name.startswith("module.") for name in found):
        found = {name.removeprefix("module."): value for name, value in found.items()}
    return found


def encoder_signature(shapes: Mapping[str, tuple[int, ...]]) -> Signature:
    """What tells encoders apart, from the shapes of their tensors by name (``layer1.…`` or ``stage1.…``)."""
    stages: list[list[tuple[int, int]]] = [[], [], [], []]
    for name, shape in shapes.items():
        stage = STAGE.match(name)
        if stage and len(shape) == 4 and shape[2:] == (3, 3):
            stages[int(stage.group(1)) - 1].append((shape[0], shape[1]))
    return tuple(tuple(stage) for stage in stages)


@lru_cache(maxsize=1)
def known_encoders() -> dict[Signature, str]:
    """Names of all encoders by their signature."""
    found = {}
    for name in get_args(Encoder):
        with torch.device("meta"):
            encoder = build_encoder(name, 1, "none")
        found[encoder_signature(shapes_of(encoder.state_dict()))] = name
    return found


def shapes_of(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes by name."""
    return {name: tuple(value.shape) for name, value in state.items()}


def folded(state: Mapping[str, torch.Tensor], conv: str, norm: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of a convolution that does what it and the batch normalisation after it do in evaluation.

    Args:
        state: Holds both.
        conv: Name of the convolution.
        norm: Name of the normalisation.
    """
    weight, bias, mean, variance = (state[f"{norm}.{part}"].double() for part in _BATCH_NORM)
    scale = weight / torch.sqrt(variance + _EPSILON)
    kernel = state[f"{conv}.weight"].double() * scale.reshape(-1, 1, 1, 1)
    return kernel.float(), (bias - mean * scale).float()


def norm_after(conv: str) -> str:
    """Name of the normalisation that belongs to a convolution of an encoder; empty for one that has none."""
    parent, _, last = conv.rpartition(".")
    if last.startswith("conv"):
        own = f"bn{last.removeprefix('conv')}"
    elif last.isdecimal():
        own = str(int(last) + 1)
    else:
        return ""
    return f"{parent}.{own}" if parent else own


def first_difference(given: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> str:
    """The first layer that differs, in the order of the network, in words; empty where all are alike.

    Args:
        given: Shapes by name, as a file has them.
        wanted: As the network needs them, by the same names.
    """
    for name, shape in wanted.items():
        if name not in given:
            return f"its layer {name} is missing"
        if given[name] != shape:
            return f"its layer {name} is {_sizes(given[name])}, and the network has {_sizes(shape)}"
    more = next((name for name in given if name not in wanted and not name.endswith(COUNTER)), "")
    return f"the network has no layer {more}" if more else ""


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape) or "a single number"
