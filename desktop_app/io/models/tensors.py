"""Weights from files of other programs, read without running anything that is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.models.pickles import Instance, RefusedPickle
from desktop_app.io.models.torch_zip import damaged, opened_torch_zip
from desktop_app.io.models.torchscript import module_tensors

TENSOR_SUFFIXES = (".pth", ".pt", ".tar", ".safetensors", ".ckpt")
_LEGACY = bytes.fromhex("80028a0a6cfc9c46f9206aa85019")
_STATES = ("state_dict", "model_state_dict", "model", "net", "network")
_MOST_NUMBERS = 64  # of an array among the settings: longer ones are weights
_MOST_PARTS = 1024  # of a list or table among the settings: longer ones are records of a training
_DEEPEST = 6  # levels at which weights are looked for: published checkpoints nest two or three


class LegacyFileError(UserError):
    """A file of PyTorch before 1.6, which only PyTorch itself can read (with ``weights_only``)."""


@dataclass(frozen=True, slots=True)
class TensorFile:
    """The weights of a file.

    Attributes:
        kind: What it is: an exported TorchScript model, a checkpoint of a training, or bare tensors.
        tensors: Arrays by name.
        extras: What else it says in plain values, for example ``arch`` and ``norms`` of a training.
    """

    kind: Literal["torchscript", "checkpoint", "safetensors"]
    tensors: dict[str, NDArray[Any]]
    extras: dict[str, Any] = field(default_factory=dict)


def read_tensors(path: Path) -> TensorFile:
    """The weights of a ``.pth``, ``.pt``, ``.pth.tar`` or ``.safetensors`` file.

    Nothing in the file is run: of pickles only plain values are built, of TorchScript only the numbers are read.

    Raises:
        LegacyFileError: If it was written by PyTorch before 1.6.
        UnreadableFileError: If it is missing, cut off, or another kind of file.
        UserError: If it holds more than numbers and text.
    """
    path = Path(path)
    start = first_bytes(path)
    if start.startswith(_LEGACY):
        raise LegacyFileError(
            f"{path.name} was written by an old version of PyTorch.",
            hint="Load it in a newer PyTorch and save it again.",
        )
    if path.suffix == ".safetensors":
        return _safetensors(path)
    with opened_torch_zip(path) as file:
        content = file.content()
        if isinstance(content, Instance):
            try:
                tensors = module_tensors(content, file.code())
            except RefusedPickle as error:
                raise damaged(path, error) from error
            return _filled(path, TensorFile("torchscript", tensors))
    if not isinstance(content, dict):
        raise UnreadableFileError(path, "it holds no weights of a network.")
    return _filled(path, checkpoint(content))


def checkpoint(content: dict[Any, Any]) -> TensorFile:
    """Weights and plain values out of what a training saved: the weights themselves, or a table that holds them."""
    inner = next((content[key] for key in _STATES if _is_state(content.get(key))), None)
    state = content if inner is None else inner
    extras = {} if inner is None else {str(k): plain(v) for k, v in content.items() if v is not inner}
    tensors = {str(key): value for key, value in state.items() if isinstance(value, np.ndarray)}
    return TensorFile("checkpoint", tensors, {key: value for key, value in extras.items() if value is not None})


def plain(value: Any, depth: int = 0) -> Any:
    """A value of text, numbers, lists and tables of these; None in place of everything else."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.ndarray) and value.size <= _MOST_NUMBERS:
        return value.tolist()
    if depth < _DEEPEST and isinstance(value, list | tuple) and len(value) <= _MOST_PARTS:
        return [plain(each, depth + 1) for each in value]
    if depth < _DEEPEST and isinstance(value, dict) and len(value) <= _MOST_PARTS:
        return {str(key): plain(each, depth + 1) for key, each in value.items()}
    return None


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(each, np.ndarray) for each in value.values())


def _safetensors(path: Path) -> TensorFile:
    try:
        return _filled(path, TensorFile("safetensors", dict(safetensors.numpy.load_file(path))))
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def _filled(path: Path, file: TensorFile) -> TensorFile:
    if not file.tensors:
        raise UnreadableFileError(path, "it holds no weights of a network.")
    return file
