"""Files as other programs write them."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn


class Tree(nn.Module):
    """Modules within modules that hold given tensors under given names."""

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"sem_logits": image}


def tree_of(state: Mapping[str, torch.Tensor]) -> Tree:
    root = Tree()
    for name, value in state.items():
        *path, leaf = name.split(".")
        place: nn.Module = root
        for part in path:
            if part not in place._modules:
                place.add_module(part, Tree())
            child = place._modules[part]
            assert child is not None
            place = child
        place.register_buffer(leaf, value.clone())
    return root


def write_torchscript(path: Path, state: Mapping[str, torch.Tensor]) -> Path:
    """A TorchScript file whose ``state_dict`` is ``state``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(tree_of(state).eval()).save(str(path))
    return path


def repacked(
    source: Path, target: Path, changed: Mapping[str, bytes | None], packing: int = zipfile.ZIP_STORED
) -> Path:
    """A copy of a zip file with other bytes in some members; None leaves a member out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", packing) as new:
        for name in old.namelist():
            inner = name.partition("/")[2]
            data = changed.get(inner, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target
