"""Names of weights in published panoptic models, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

_Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

_SHARED = re.compile(r"\.after_combines\.\d+\.")
_LEVEL = re.compile(r"^(.*\.resamplings)\.(\d+)\.(.*)$")
_LOOSE = re.compile(r"^(.*\.(?:p6_resample|after_combine)|p2_resample)\.")
_SHORTCUTS = ("short", "down", "proj", "skip", "identity", "residual")


def own_names(foreign: _Shapes, own: _Shapes) -> dict[str, str | None]:
    """For each foreign weight its name here, or None where it has no place.

    Most names are the same. Layers that were fused with their activation have one more ``0`` in their names, the shared
    convolution of a pyramid is repeated for each level, and some inner names are free: those go by shape.

    Args:
        foreign: Shapes of the published model's weights by name, in their order.
        own: Shapes of this program's network.
    """
    levels = _levels(foreign, own)
    found: dict[str, str | None] = {}
    for name, shape in foreign.items():
        plain = _renumbered(_SHARED.sub(".after_combine.", name), levels)
        found[name] = _direct(plain, shape, own) or _by_shape(plain, shape, own)
    if any(name.startswith("encoder.stage") for name in own):
        found.update(_regnet(foreign, own))
    return found


def _direct(name: str, shape: tuple[int, ...], own: _Shapes) -> str | None:
    """The same name, or the same without the ``0`` of a fused layer."""
    module, _, leaf = name.rpartition(".")
    for candidate in (name, f"{module.removesuffix('.0')}.{leaf}"):
        if own.get(candidate) == shape:
            return candidate
    return None


def _by_shape(name: str, shape: tuple[int, ...], own: _Shapes) -> str | None:
    """The one weight of that shape and kind in the same part of the network."""
    part = _LOOSE.match(name)
    if part is None:
        return None
    leaf = name.rpartition(".")[2]
    fitting = [key for key in own if key.startswith(part.group()) and key.endswith(f".{leaf}") and own[key] == shape]
    return fitting[0] if len(fitting) == 1 else None


def _levels(foreign: _Shapes, own: _Shapes) -> dict[str, str]:
    """Which level of the pyramid a foreign level is, by what its convolution takes in."""
    ours = {(level.group(1), own[name]): level.group(2) for name, level in _level_kernels(own)}
    found = {}
    for name, level in _level_kernels(foreign):
        number = ours.get((level.group(1), foreign[name]))
        if number is not None:
            found[f"{level.group(1)}.{level.group(2)}"] = f"{level.group(1)}.{number}"
    return found


def _level_kernels(shapes: _Shapes) -> Iterable[tuple[str, re.Match[str]]]:
    for name, shape in shapes.items():
        level = _LEVEL.match(name)
        if level and len(shape) == 4:
            yield name, level


def _renumbered(name: str, levels: Mapping[str, str]) -> str:
    level = _LEVEL.match(name)
    if level is None:
        return name
    before = f"{level.group(1)}.{level.group(2)}"
    return f"{levels.get(before, before)}.{level.group(3)}"  # the part behind the level


def _regnet(foreign: _Shapes, own: _Shapes) -> dict[str, str | None]:
    """RegNet encoders have no common names for what is inside a block: it goes by its order."""
    found: dict[str, str | None] = {}
    for stage in ("stem", "stage1", "stage2", "stage3", "stage4"):
        theirs, ours = (
            _blocks([name for name in shapes if name.startswith(f"encoder.{stage}.")], shapes)
            for shapes in (foreign, own)
        )
        if [[_kind(name, foreign) for name in block] for block in theirs] != [
            [_kind(name, own) for name in block] for block in ours
        ]:
            continue
        for their_block, our_block in zip(theirs, ours, strict=True):
            found.update(zip(their_block, our_block, strict=True))
    return found


def _kind(name: str, shapes: _Shapes) -> tuple[str, tuple[int, ...]]:
    return name.rpartition(".")[2], shapes[name]


def _blocks(names: list[str], shapes: _Shapes) -> list[list[str]]:
    """The weights of a stage, block by block; within a block those of the shortcut last.

    There are as many blocks as 3 × 3 convolutions, and a block's weights have the beginning of their names in common.
    """
    depth = sum(len(shapes[name]) == 4 and shapes[name][2:] == (3, 3) for name in names)
    parts = [name.split(".") for name in names]
    for length in range(2, max((len(part) for part in parts), default=2)):
        blocks: dict[tuple[str, ...], list[str]] = {}
        for name, part in zip(names, parts, strict=True):
            blocks.setdefault(tuple(part[:length]), []).append(name)
        if len(blocks) == depth:
            return [sorted(block, key=lambda name: _is_shortcut(name, key)) for key, block in blocks.items()]
    return [names]


def _is_shortcut(name: str, block: tuple[str, ...]) -> bool:
    inside = name.removeprefix(".".join(block))
    return any(word in inside for word in _SHORTCUTS)
