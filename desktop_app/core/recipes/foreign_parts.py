"""What files of settings of several programs say alike: loss, optimiser, patch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.recipes.foreign_settings import SettingsReport, number_in, shown_value

_FACTOR = 8
"""Of patch edges: the networks that such files become halve them three times."""
_OPTIMISERS = {"adam": "adam", "adamw": "adamw", "sgd": "sgd", "radam": "radam"}


def take_loss(name: str, known: Mapping[str, str], report: SettingsReport) -> None:
    """The loss of that name, by a table of such names."""
    loss = known.get(plain(name)) or known.get(name)
    if loss is not None:
        report.recipe["loss"] = loss
    elif name:
        report.said.append(f"The loss {name} has no counterpart; the usual one is taken.")


def take_optimiser(name: str, report: SettingsReport) -> None:
    """The optimiser of that name; AdamW where it is none that is known here."""
    known = _OPTIMISERS.get(name.lower().rpartition(".")[2])
    report.optimisation["optimiser"] = known or "adamw"
    if known is None and name:
        report.said.append(f"The optimiser {name} has no counterpart; AdamW is taken.")


def take_patch(name: str, size: Any, report: SettingsReport, *, flat: bool) -> None:
    """Edges (z, y, x), rounded up so that a network can halve them.

    Args:
        name: Of the entry.
        size: What it says.
        report: Hears of it.
        flat: Whether the network sees single slices.
    """
    given = [number_in(edge) for edge in size] if isinstance(size, Sequence) and not isinstance(size, str) else []
    edges = [edge for edge in given if edge is not None and edge >= 1]
    if len(edges) != len(given) or len(edges) not in (2, 3):
        wrong = size is not None and any(edge is None or edge >= 0 for edge in given or [None])
        said = f"{name} is left out: {shown_value(size)} is no patch size" if wrong else "No patch size is given"
        report.said.append(f"{said}; it follows from the data.")
        return
    rounded = [math.ceil(edge / _FACTOR) * _FACTOR for edge in edges]
    y, x = rounded[-2:]
    z = 1 if flat or len(rounded) < 3 else rounded[0]  # 2: without depth
    report.values["patch_size"] = (z, y, x)
    if rounded != edges:
        report.said.append(f"The patch becomes {z} × {y} × {x} (z, y, x), so that the network can halve it.")


def take_rate(key: str, value: Any, name: str, report: SettingsReport) -> None:
    """A number of how it learns, where one is given."""
    if value is not None:
        report.set(report.optimisation, key, value, name, OptimisationParameters)


def plain(name: str) -> str:
    """A name of a class without its module, in small letters."""
    return name.rpartition(".")[2].replace("_", "").lower()
