"""Names and tensors of a TorchScript model, without running its code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.io.models.pickles import Instance, RefusedPickle

_CLASS = re.compile(r"^class (\w+)\(Module\):$", re.MULTILINE)
_DECLARED = re.compile(r"^  __(?:parameters|buffers)__ = \[(.*)\]$", re.MULTILINE)
_NAME = re.compile(r'"([^"]+)"')
_DEEPEST = 64  # modules within modules: networks have some ten, and a circle must end

Declared = dict[str, frozenset[str]]


def module_tensors(root: Instance, code: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The weights of a module and all within, by the names that its ``state_dict()`` would give them.

    Args:
        root: The outermost module.
        code: Text of the class descriptions by module name; it says which tensors are weights and buffers, and which
            are mere attributes. Without it all tensors are taken.

    Raises:
        RefusedPickle: If the modules hold each other in a circle.
    """
    declared = declared_tensors(code)
    return dict(_tensors_of(root, "", declared, 0))


def declared_tensors(code: Mapping[str, str]) -> Declared:
    """Names of weights and buffers by full name of a class."""
    found: Declared = {}
    for module, text in code.items():
        starts = list(_CLASS.finditer(text))
        ends = [*(each.start() for each in starts[1:]), len(text)]
        for this, end in zip(starts, ends[: len(starts)], strict=True):
            body = text[this.end() : end]
            lists = _DECLARED.findall(body)
            if lists:
                found[f"{module}.{this.group(1)}"] = frozenset(n for each in lists for n in _NAME.findall(each))
    return found


def _tensors_of(module: Instance, prefix: str, declared: Declared, depth: int) -> Iterator[tuple[str, NDArray[Any]]]:
    if depth > _DEEPEST:
        raise RefusedPickle("modules within modules without end")
    wanted = declared.get(module.kind)
    for name, value in module.values.items():
        if isinstance(value, Instance):
            yield from _tensors_of(value, f"{prefix}{name}.", declared, depth + 1)
        elif isinstance(value, np.ndarray) and (wanted is None or name in wanted):
            yield f"{prefix}{name}", value
