"""Published panoptic models of another program, turned into own networks by the names of their weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import torch

from desktop_app.core.errors import UserError
from desktop_app.ml.networks.foreign_names import own_names
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.state import (
    COUNTER,
    STAGE,
    StateDict,
    encoder_signature,
    known_encoders,
    shapes_of,
    tensors_of,
)

_LAYER = re.compile(r"^semantic_fpn\.bifpns\.(\d+)\.")
_SHOWN = 8  # names in a report


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """What a published model is, as its weights tell.

    Attributes:
        network: Key of ``core.networks.registry.NETWORKS``.
        arguments: Of that network.
        inputs: Channels of the image.
        outputs: Channels of the class logits.
    """

    network: str
    arguments: dict[str, Any]
    inputs: int
    outputs: int

    @property
    def folded(self) -> bool:
        """Whether the encoder's normalisation was folded into its convolutions, as in exported models."""
        return bool(self.arguments.get("folded"))


def recognise(state: StateDict, name: str) -> ForeignModel:
    """Which network the weights belong to.

    Args:
        state: Weights by name, of an exported model or of a training checkpoint (also with its other entries).
        name: Of the file, for messages.

    Raises:
        UserError: If they are not those of a panoptic model with PointRend that this version knows.
    """
    tensors = tensors_of(state)
    network = _architecture(state, tensors, name)
    last = tensors.get("semantic_head.head.1.weight")
    encoder = {key.removeprefix("encoder."): value for key, value in tensors.items() if key.startswith("encoder.")}
    if last is None or not encoder:
        _refuse(name, "it has no encoder or no class head", tensors)
    title = known_encoders().get(encoder_signature(shapes_of(encoder)))
    if title is None:
        _refuse(name, "its encoder is none of those that this version knows", tensors)
    first = next((value for key, value in encoder.items() if value.ndim == 4 and not STAGE.match(key)), None)
    if first is None:
        _refuse(name, "its encoder has no first layer", tensors)
    arguments: dict[str, Any] = {
        "encoder": title,
        "folded": not any(key.endswith("running_var") for key in encoder),
        "channels": int(last.shape[1]),
    }
    if network == "panoptic_bifpn":
        layers = (_LAYER.match(key) for key in tensors)
        arguments["layers"] = 1 + max(int(layer.group(1)) for layer in layers if layer)
    return ForeignModel(network, arguments, int(first.shape[1]), int(last.shape[0]))


def converted(state: StateDict, model: ForeignModel, name: str) -> dict[str, torch.Tensor]:
    """The weights under this program's names, for ``build_network`` with the model's arguments.

    Args:
        state: As given to ``recognise``.
        model: What ``recognise`` found.
        name: Of the file, for messages.

    Raises:
        UserError: If a weight is missing, has another shape, or has no place in the network.
    """
    tensors = tensors_of(state)
    with torch.device("meta"):
        network = build_network(model.network, model.arguments, model.inputs, model.outputs)
    wanted = network.state_dict()
    names = own_names(shapes_of(tensors), shapes_of(wanted))
    found: dict[str, torch.Tensor] = {}
    wrong: list[str] = []
    for foreign, own in names.items():
        value = tensors[foreign]
        if own is None or wanted[own].shape != value.shape:
            wrong.append(f"{foreign} {tuple(value.shape)}")
        elif own in found and not torch.equal(found[own].to(value.dtype), value):
            _refuse(name, f"weights that should be one differ ({foreign})", tensors)
        else:
            found[own] = value.to(wanted[own].dtype).clone()
    for own in wanted:
        if own.endswith(COUNTER):
            found.setdefault(own, torch.zeros((), dtype=torch.long))
    missing = [own for own in wanted if own not in found]
    if wrong or missing:
        said = f"{len(missing)} weights of the network are missing and {len(wrong)} have no place in it"
        _refuse(name, said, tensors, [*(f"missing: {own}" for own in missing), *(f"no place: {key}" for key in wrong)])
    return found


def _architecture(state: StateDict, tensors: Mapping[str, torch.Tensor], name: str) -> str:
    if any("_packed_params" in str(key) for key in state) or any(value.is_quantized for value in tensors.values()):
        raise UserError(
            f"{name} is the quantised version of a model, which cannot be converted.",
            hint="Import the full version, whose name has no “quantized” in it.",
        )
    has = {key.split(".")[0] for key in tensors}
    if "semantic_decoder" not in has:
        first = next(iter(tensors), "")
        told = f"it is not a panoptic model, and its first layer {first} is of no other network known here"
        _refuse(name, told if first else "it is not a panoptic model", tensors)
    for part, what in (("instance_decoder", "a decoder of its own for objects"), ("semantic_pr", "refined outlines")):
        if part not in has:
            _refuse(name, f"it is a variant without {what}", tensors)
    return "panoptic_bifpn" if "semantic_fpn" in has else "panoptic_deeplab"


def _refuse(name: str, why: str, tensors: Mapping[str, torch.Tensor], lines: list[str] | None = None) -> NoReturn:
    names = lines or [f"{key} {tuple(value.shape)}" for key, value in tensors.items()]
    more = f"\n… and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise UserError(
        f"{name} cannot be converted: {why}.",
        hint="Models exported with Panoptic-DeepLab or Panoptic-BiFPN and PointRend can be, and weights of CellSeg3D's "
        "networks; check the file.",
        details="\n".join(names[:_SHOWN]) + more,
    )
