"""What is known of a loss without torch."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.config.base import Parameters


@dataclass(frozen=True, slots=True)
class LossInfo:
    """A loss as the user knows it; what it computes stands under its name in ``ml.losses``.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        parameters: Model of its parameters, its weights among them.
        recipes: Recipes that can use it. Those of one recipe take the same outputs and targets.
    """

    name: str
    title: str
    summary: str
    parameters: type[Parameters]
    recipes: tuple[str, ...]
