"""What helps against a mistake, and how much, as far as it is the same with all methods."""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.core.advice.mistakes import Mistake

REMEDIES: Mapping[Mistake, str] = {
    Mistake.MERGED: "Label more places where objects touch, with a line of background between them, and train again.",
    Mistake.SPLIT: "When running it, raise the smallest object size, and join pieces by proofreading.",
    Mistake.MISSED: "Label two or three more images with objects like those that were missed, and train again.",
    Mistake.SMALL_MISSED: "When running it, lower the smallest object size; then label more of the small ones.",
    Mistake.INVENTED: "Look whether these are real and only the labels lack them; complete the labels, or label an "
    "image that is full of such things as background.",
    Mistake.SMALL_INVENTED: "When running it, raise the smallest object size.",
    Mistake.OUTLINE: "Look whether the labels follow the edges closely there; correct them, and train again.",
    Mistake.CONFUSED: "Label more of the two classes that were confused, side by side in one image, and train again.",
}
"""A sentence each."""

REPAIRED: Mapping[Mistake, float] = {
    Mistake.MERGED: 0.5,
    Mistake.SPLIT: 0.5,
    Mistake.MISSED: 0.4,
    Mistake.SMALL_MISSED: 0.4,
    Mistake.INVENTED: 0.4,
    Mistake.SMALL_INVENTED: 0.8,
    Mistake.OUTLINE: 0.3,
    Mistake.CONFUSED: 0.4,
}
"""Which share of such mistakes the remedy may repair, by judgement: a setting that removes specks takes nearly all of
them, labels that have to be drawn and learned from about half."""
