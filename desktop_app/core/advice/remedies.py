"""What helps against a mistake, as far as it is the same with all methods; a recipe says what is otherwise with it."""

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
