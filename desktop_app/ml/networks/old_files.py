"""Weights from files of PyTorch before 1.6, which only PyTorch itself can read."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError


def read_old_file(path: Path) -> dict[str, Any]:
    """What such a file holds, with arrays in place of tensors; PyTorch builds nothing but tensors and plain values.

    Raises:
        UnreadableFileError: If it is damaged, or holds anything else.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, TypeError, LookupError) as error:
        raise UnreadableFileError(
            path, "it is damaged, or holds more than numbers and text.", hint="Ask its sender for the weights alone.",
            details=repr(error),
        ) from error  # fmt: skip
    if not isinstance(content, dict):
        raise UnreadableFileError(path, "it holds no weights of a network.")
    return {str(key): _arrays(value) for key, value in content.items()}


def _arrays(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _array(value)
    if isinstance(value, dict):
        return {key: _arrays(each) for key, each in value.items()}
    return value


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
