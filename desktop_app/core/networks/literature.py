"""Records of networks of the literature, which differ in their arguments and in how they shrink the image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from desktop_app.core.config.base import Parameters
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions, ImageFacts, NetworkSettings, TrainableNetwork
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import patches_per_step

_A = TypeVar("_A", bound=Parameters)


def in_both_dimensions(
    key: str,
    title: str,
    summaries: tuple[str, str],
    arguments: type[_A],
    *,
    divisor: Callable[[Dimensions, _A], Index3],
    suited: Callable[[Dimensions, ImageFacts], _A],
    stages: Callable[[_A], int],
    recipes: tuple[str, ...] = ("semantic",),
    paper: str,
    special: bool = True,
    reach: int = 0,
    by_channel: tuple[bool, bool] = (False, False),
    muon: bool = True,
) -> tuple[TrainableNetwork, TrainableNetwork]:
    """The records of a network in 3D and in 2D.

    Args:
        key: Names are ``KEY3d`` and ``KEY2d``.
        title: Shown to the user, with the dimensions behind.
        summaries: When to choose it in 3D, and in 2D.
        arguments: Model of its arguments.
        divisor: Of what sizes (z, y, x) must be multiples.
        suited: Arguments that suit given data and computer.
        stages: How many parts can be frozen.
        recipes: Those that it serves.
        paper: Who published it, when and where.
        special: Whether it is offered among further networks.
        reach: As ``TrainableNetwork.reach``.
        by_channel: As ``TrainableNetwork.by_channel``, in 3D and in 2D.
        muon: As ``TrainableNetwork.muon``.
    """

    def suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
        chosen = suited(dimensions, facts)
        patch = suggested_patch(facts, divisor(dimensions, chosen), flat=dimensions == 2)
        return NetworkSettings(chosen.model_dump(), patch, patches_per_step(dimensions, patch))

    def record(dimensions: Dimensions, summary: str) -> TrainableNetwork:
        return TrainableNetwork(
            f"{key}{dimensions}d",
            f"{title}, {dimensions}D",
            summary,
            dimensions,
            arguments,
            recipes=recipes,
            divisor=partial(divisor, dimensions),
            suggest=partial(suggest, dimensions),
            stages=stages,
            special=special,
            reach=reach,
            by_channel=by_channel[0 if dimensions == 3 else 1],
            muon=muon,
            paper=paper,
        )

    return record(3, summaries[0]), record(2, summaries[1])  # dimensions


def cubes_of(part: int, dimensions: Dimensions) -> Index3:
    """The divisor (z, y, x) of a network that shrinks all directions alike; of slices, z is free."""
    return (1 if dimensions == 2 else part), part, part


class _WithLevels(Protocol):
    @property
    def levels(self) -> int: ...


def halved_between_levels(dimensions: Dimensions, arguments: _WithLevels) -> Index3:
    """The divisor (z, y, x) of a network that halves the image from each of its levels to the next."""
    return cubes_of(2 ** (arguments.levels - 1), dimensions)


def halved(count: int, dimensions: Dimensions, _arguments: Any = None) -> Index3:
    """The divisor (z, y, x) of a network that always halves the image so many times."""
    return cubes_of(2**count, dimensions)
