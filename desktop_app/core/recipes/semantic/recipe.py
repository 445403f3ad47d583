"""The recipe ``semantic`` as the user sees it: classes of voxels, then objects of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.core.recipes.base import Mode, RecipeInfo, TrainingFacts
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.goals import OBJECTS_2D, OBJECTS_3D, REGIONS
from desktop_app.core.recipes.looks import LooksPrediction
from desktop_app.core.recipes.semantic.foreign import settings_of
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticTraining

_FLAT_STACK = 5.0
"""Voxels this many times deeper than wide hold so little of the next slice that regions are learned slice by slice."""
_FEW_SLICES = 8
"""Volumes of fewer slices are seen slice by slice where regions are learned: 3D networks halve the depth thrice."""


class SemanticInfo(RecipeInfo):
    """Suits most images; serves volumes and single pictures."""

    name = "semantic"
    title = "Regions and objects"
    summary = "Learns which voxels belong to a class, then makes objects of them. Suits most images."
    training = SemanticTraining
    decode = SemanticDecode
    prediction = LooksPrediction
    modes = (
        Mode("volume", "As volumes", "The model sees boxes of the volume.", (3,)),
        Mode("slice", "Slice by slice", "Each slice is labelled by itself.", (2,)),
    )
    goals = (OBJECTS_3D, OBJECTS_2D, REGIONS)
    output_words = (
        "Logits of the background and of each class: a softmax over these channels gives probabilities. A channel more "
        "is the depth inside objects, 0 to 1 after a sigmoid."
    )
    together = True
    misses = "lower the confidence threshold, or raise the seed threshold"

    def network_for(self, facts: TrainingFacts) -> str:
        """The residual U-Net, for volumes unless their slices stand for themselves."""
        report, goal = facts.report, facts.goal
        flat = report.dimensions == 2 or goal.dimensions == 2
        if goal.dimensions is None:
            slices = max((row.shape[0] for row in report.usable), default=1)
            thick = report.voxel_size.known and report.voxel_size.anisotropy >= _FLAT_STACK
            flat = flat or slices < _FEW_SLICES or thick
        return "unet2d" if flat else "unet3d"

    def parameters_for(self, facts: TrainingFacts) -> dict[str, Any]:
        """Objects are made of class labels, too, where the goal is to find some."""
        return {"result": "objects"} if facts.dataset.kind == "classes" and facts.goal.kind == "objects" else {}

    def gives_classes(self, decode: Mapping[str, Any]) -> bool:
        """Whether labels are class values, not objects."""
        return decode.get("objects") == "classes"

    def settings_of(self, document: Mapping[str, Any]) -> ForeignSettings | None:
        """Settings of easyreg's segmentation and of mmv_im2im's."""
        return settings_of(document)


SEMANTIC = SemanticInfo()
