"""Bringing an image to the voxel size that a model learned at, for the recipes that can."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.looks import LooksPrediction
from desktop_app.core.shown_name import shown_name

if TYPE_CHECKING:  # it asks the table of recipes when it is validated
    from desktop_app.core.config.model_card import ModelCard

FARTHEST = (0.1, 20.0)
"""Least and most voxels that become one: beyond, images are hardly of one kind."""


def resample_field(more: str = "") -> Any:
    """Whether the network sees voxels as large as those that it learned from.

    Args:
        more: What a recipe has to add, behind a semicolon.
    """
    return Field(
        default=False,
        title="Bring to the model's voxel size",
        json_schema_extra=field_extra(advanced=True),
        description="Shows the network voxels as large as those that it learned from, and brings the result back to "
        f"the image's own. For images of another resolution, whose voxel size is right{more}.",
    )


class SampledPrediction(LooksPrediction):
    """How often, and at which voxel size, the network sees an image."""

    resample: bool = resample_field()

    def scales(
        self,
        dimensions: int,
        learned: VoxelSize | None = None,
        size: VoxelSize | None = None,
        *,
        every_plane: bool = False,
    ) -> tuple[float, float, float]:
        """How many voxels (z, y, x) become one; models of single slices see every slice.

        Args:
            dimensions: Of the model.
            learned: Voxel size that it learned at.
            size: That of the image; only where both are known can it be brought to that of the model.
            every_plane: Whether a model of single slices looks along all axes, for which voxels must be cubes.
        """
        if not self.resample or learned is None or size is None or not (learned.known and size.known):
            return 1.0, 1.0, 1.0
        if every_plane:
            learned = learned.model_copy(update={"z": math.sqrt(learned.y * learned.x)})
        if learned.same_as(size):
            return 1.0, 1.0, 1.0
        z, y, x = (own / here for own, here in zip(learned.zyx, size.converted(learned.unit).zyx, strict=True))
        return (z if dimensions == 3 or every_plane else 1.0), y, x


class ResamplingInfo(RecipeInfo):
    """A recipe whose networks can be shown an image at the voxel size that they know."""

    prediction: ClassVar[type[SampledPrediction]] = SampledPrediction
    sizes_as_seen = True
    other_size_seen = "switch on “Bring to the model's voxel size” (--set prediction.resample=true)."
    by_hand: ClassVar[str] = "Use “Change the voxel size” on the image"
    """What else can be done, where the model does not know its voxel size."""

    def scales(
        self,
        card: ModelCard,
        prediction: Mapping[str, Any],
        size: VoxelSize | None = None,
        *,
        every_plane: bool = False,
    ) -> tuple[float, float, float]:
        """As the parameters say."""
        seen = self.prediction.model_validate(dict(prediction))
        return seen.scales(card.dimensions, card.voxel_size, size, every_plane=every_plane)

    def seen_edges(
        self, card: ModelCard, prediction: Mapping[str, Any], size: VoxelSize, *, every_plane: bool = False
    ) -> tuple[float, float, float]:
        """As the voxels are, or as large as they are shown: who sets a scale may go by the size of the objects.

        The card has the voxels of the images themselves, also where these were shrunk for the learning.
        """
        here, then = (
            self.scales(card, values, size, every_plane=every_plane) for values in (prediction, card.prediction)
        )
        edges, learned = size.converted(card.voxel_size.unit).zyx, card.voxel_size.zyx
        shown = (edge * new / old for edge, new, old in zip(edges, here, then, strict=True))
        z, y, x = (
            min(both, key=lambda edge: abs(math.log(edge / own)))
            for *both, own in zip(edges, shown, learned, strict=True)
        )
        return z, y, x

    def require_resampling(
        self, card: ModelCard, prediction: SampledPrediction, volume: Volume, *, every_plane: bool = False
    ) -> None:
        """Refuse an image that cannot be brought to the voxel size of the model, where that is wished.

        Raises:
            UserError: If one of both sizes is not known, or they are too far apart to be of one kind.
        """
        if not prediction.resample:
            return
        name = shown_name(volume.path or volume.name or "the image")
        off = "switch off “Bring to the model's voxel size” (prediction.resample)"
        if not card.voxel_size.known:
            raise UserError(
                f"“{card.name}” does not know at which voxel size it learned, so that {name} cannot be brought to it.",
                hint=f"{self.by_hand}, and {off}.",
            )
        if not volume.voxel_size.known:
            raise UserError(
                f"{name} does not state its voxel size, so that it cannot be brought to that of the model.",
                hint=f"Say it with --voxel-size, or under Axes and voxel size; or {off}.",
            )
        low, high = FARTHEST
        scales = prediction.scales(card.dimensions, card.voxel_size, volume.voxel_size, every_plane=every_plane)
        if not all(low <= times <= high for times in scales):
            raise UserError(
                f"{name} has voxels of {volume.voxel_size.describe()}, the model learned at "
                f"{card.voxel_size.describe()}: too far apart to bring the one to the other.",
                hint=f"Is the voxel size of the image right? Say another one with --voxel-size, or {off}.",
            )
