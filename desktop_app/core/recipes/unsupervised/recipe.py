"""The recipe ``unsupervised`` as the user sees it: structures in images without any labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.errors import UserError
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.resampling import ResamplingInfo
from desktop_app.core.recipes.suggested import Finetuning, SuggestedTraining, TrainingFacts
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode, UnsupervisedTraining

if TYPE_CHECKING:  # the card asks the table of recipes when it is validated
    from desktop_app.core.config.model_card import ModelCard

_RATE = 5e-3
"""Learning rate: in a few hundred steps the image is drawn from kinds that took shape meanwhile; 2e-3 was too slow."""

STRUCTURES = Goal(
    "structures",
    "Find structures without labels",
    "Learns from images alone which places are alike. You label nothing.",
    "Bright nuclei or cells on an even background",
    None,
    "objects",
    "label-free",
    "structures without labels",
    "structures",
)


class UnsupervisedInfo(ResamplingInfo):
    """Suits structures that differ from their surroundings in brightness; labels only tell how well it does."""

    name = "unsupervised"
    title = "Kinds of places, without labels"
    summary = "Sorts voxels into kinds that look alike, from images alone. Suits bright structures on an even ground."
    training = UnsupervisedTraining
    decode = UnsupervisedDecode
    modes = (
        Mode("volume", "As volumes", "The model sees boxes of the volume.", (3,)),
        Mode("slice", "Slice by slice", "Each slice is labelled by itself.", (2,)),
    )
    goals = (STRUCTURES,)
    label_kinds = ()
    advice: ClassVar[Mapping[str, str]] = {
        "iterations": "100 to 200; more where kinds still change from check to check. Stop any time: the best state is "
        "kept.",
    }
    finetuning = Finetuning(steps=100)
    steps = 150  # of embryos, 60 with a quarter of the usual patch found more than Otsu's threshold
    output_words = "Logits of the kinds of places: a softmax over the channels gives probabilities."
    together = True
    remedies: ClassVar[Mapping[Mistake, str]] = {
        Mistake.MERGED: "When running it, raise the seed threshold; objects that touch are told apart better by a "
        "method that learns from labels.",
        Mistake.MISSED: "When running it, lower the confidence threshold, or choose another kind that objects are made "
        "of.",
        Mistake.INVENTED: "When running it, raise the confidence threshold, or choose another kind that objects are "
        "made of.",
        Mistake.OUTLINE: "When running it, move the confidence threshold: lower makes objects larger.",
        Mistake.CONFUSED: "Kinds that are found without labels have no names: label some, and train a method that "
        "learns from labels.",
    }
    misses = "lower the confidence threshold, or choose another kind that objects are made of"

    def suggest(self, facts: TrainingFacts) -> SuggestedTraining:
        """As others, but with larger steps."""
        suggested = super().suggest(facts)
        optimisation = suggested.optimisation.model_copy(update={"learning_rate": _RATE})
        return replace(suggested, optimisation=optimisation)

    def gives_classes(self, decode: Mapping[str, Any]) -> bool:
        """Whether labels are class values, not objects."""
        return decode.get("objects") == "classes"

    def require_decode(self, card: ModelCard, decode: Any) -> None:
        """Refuse a kind of places that the model does not have."""
        count = card.output_channels
        if decode.foreground > count:
            raise UserError(
                f"“{card.name}” tells {count} kinds of places apart; there is no kind {decode.foreground}.",
                hint=f"Choose 1 to {count} as the kind that objects are made of.",
            )


UNSUPERVISED = UnsupervisedInfo()
