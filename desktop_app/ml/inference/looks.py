"""Looking at a tile more than once: turned and mirrored, and with several networks; their mean, and their spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn

from desktop_app.core.errors import UserError
from desktop_app.core.networks.base import Dimensions
from desktop_app.core.recipes.looks import UNCERTAINTY, LearnedViews, LooksPrediction
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs

_QUARTERS = 4  # turns by 90° until a picture is as it was

View: TypeAlias = tuple[int, tuple[int, ...]]
"""Quarter turns from y to x, and axes that are mirrored after them, counted from the end."""
Say: TypeAlias = Callable[[Any], torch.Tensor]
"""From outputs of a network to values ``(B, M, [Z,] Y, X)``."""
TurnBack: TypeAlias = Callable[[torch.Tensor, View], torch.Tensor]
"""From values of a view, each at its place in the image again, to those of the image: arrows must be turned, too."""


def views_of(dimensions: Dimensions) -> tuple[View, ...]:
    """The 8 ways to see a picture, or 16 to see a volume: quarter turns in the slice, mirrored; also mirrored along z.

    The first one is the image as it is.
    """
    # Mirrored along x, along z, and along both; turns by quarters do the rest.
    flips: tuple[tuple[int, ...], ...] = ((), (-1,)) if dimensions == 2 else ((), (-1,), (-3,), (-3, -1))
    return tuple((quarters, mirrored) for quarters in range(_QUARTERS) for mirrored in flips)


def views_for(predictor: Predictor, dimensions: Dimensions, *, turned: bool, uncertainty: bool) -> tuple[View, ...]:
    """The views that a model is shown: of those that there are the ones that it has learned to see.

    Args:
        predictor: The model, or several.
        dimensions: Of what it is shown.
        turned: Whether more views than the image as it is are wanted.
        uncertainty: Whether the spread of what they say is wanted.

    Raises:
        UserError: If the spread is wanted of a single look.
    """
    learned = LearnedViews.of(predictor.card.training)
    every = views_of(dimensions) if turned else views_of(dimensions)[:1]
    views = tuple(view for view in every if learned.has(view[0], mirrored=bool(view[1])))
    if uncertainty and len(views) == 1 and not predictor.members:
        use = f"{learned.left_out()} Use" if turned else "Switch on “Look at it turned, too”, or use"
        raise UserError(
            "How uncertain voxels are shows only where there is more than one look at them.",
            hint=f"{use} several models together.",
        )
    return views


def seen(values: torch.Tensor, view: View) -> torch.Tensor:
    """An image ``(…, Y, X)`` in a view."""
    quarters, flips = view
    return torch.rot90(values, quarters, (-2, -1)).flip(flips)


def placed_back(values: torch.Tensor, view: View) -> torch.Tensor:
    """Values of a view at their places in the image."""
    quarters, flips = view
    return torch.rot90(values.flip(flips), -quarters, (-2, -1))


def arrows_back(arrows: torch.Tensor, view: View) -> torch.Tensor:
    """Arrows ``(B, D, [Z,] Y, X)`` of a view, at their places in the image, along the axes ([z,] y, x) of the image."""
    quarters, flips = view
    found = arrows.clone()
    for flip in flips:
        found[:, found.shape[1] + flip] *= -1
    for _ in range(quarters):
        found = torch.cat([found[:, :-2], found[:, -1:], -found[:, -2:-1]], dim=1)
    return found


def _as_placed(values: torch.Tensor, _view: View) -> torch.Tensor:
    return values


def _as_said(values: Any) -> torch.Tensor:
    said: torch.Tensor = values
    return said


@dataclass(frozen=True, slots=True)
class OutputSaying:
    """What is made of the outputs of a network.

    Attributes:
        say: Values that are averaged.
        turn_back: What the values of a view become, besides being placed back.
        then: From the mean of the values to the maps.
        telling: From the values to those, between 0 and 1, whose spread says how uncertain a voxel is.
    """

    say: Say
    turn_back: TurnBack = _as_placed
    then: Say = _as_said
    telling: Say = _as_said


class MeanOfLooks(nn.Module):
    """Several networks that look at an image in several views; gives maps, and as the last one their spread if wanted.

    The spread is the standard deviation over all looks, of the map for which it is largest.

    Args:
        networks: On one device; at least one.
        views: Ways to see an image.
        saying: What is made of their outputs.
        spread: Whether the spread is wanted.
    """

    def __init__(
        self, networks: Sequence[nn.Module], views: Sequence[View], saying: OutputSaying, *, spread: bool
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self._views, self._saying, self._spread = tuple(views), saying, spread

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Maps ``(B, M, [Z,] Y, X)``."""
        count, saying = 0, self._saying
        mean: torch.Tensor | None = None
        middle, squares = torch.zeros(()), torch.zeros(())
        for network in self.networks:
            for view in self._views:
                values = saying.turn_back(placed_back(saying.say(network(seen(image, view))), view), view)
                count += 1
                mean = values.clone() if mean is None else mean + (values - mean) / count
                if self._spread:
                    middle, squares = followed(saying.telling(values), middle, squares, count)
        assert mean is not None
        maps = saying.then(mean)
        if not self._spread:
            return maps
        spread = (squares / count).clamp_min(0).sqrt().amax(dim=1, keepdim=True)
        return torch.cat([maps, spread.to(maps.dtype)], dim=1)


def followed(
    values: torch.Tensor, middle: torch.Tensor, squares: torch.Tensor, count: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and sum of squared distances from it, with one look more (Welford 1962, doi 10.2307/1266577)."""
    if count == 1:
        return values.clone(), torch.zeros_like(values)
    step = values - middle
    middle = middle + step / count
    return middle, squares + step * (values - middle)


def wanted_looks(plan: InferencePlan) -> LooksPrediction:
    """How often to look, as a plan says; once where its recipe has no such parameters."""
    return plan.prediction if isinstance(plan.prediction, LooksPrediction) else LooksPrediction()


def with_looks(
    predictor: Predictor, wanted: LooksPrediction, names: tuple[str, ...], saying: OutputSaying
) -> tuple[Predictor, VoxelOutputs]:
    """A predictor that looks as often as wanted, with all of its models, and the maps that it gives then.

    Args:
        predictor: The model, or several.
        wanted: Which views, and whether their spread is a map more.
        names: Of the maps.
        saying: What is made of the outputs.

    Raises:
        UserError: If the spread is wanted of a single look.
    """
    views = views_for(predictor, predictor.card.dimensions, turned=wanted.turned, uncertainty=wanted.uncertainty)
    if len(views) == 1 and not predictor.members:
        return predictor, VoxelOutputs(names, lambda found: saying.then(saying.say(found)))
    network = MeanOfLooks((predictor.network, *predictor.members), views, saying, spread=wanted.uncertainty)
    outputs = VoxelOutputs((*names, UNCERTAINTY) if wanted.uncertainty else names, lambda maps: maps)
    return replace(predictor, network=network, members=()), outputs
