"""Which methods suit a draft, from the tables of recipes and networks; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.networks.base import TrainableNetwork
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.registry import RECIPES, recipes_for
from desktop_app.gui.training.draft import TrainingDraft


@dataclass(frozen=True, slots=True)
class Method:
    """A recipe with a network that can serve it.

    Attributes:
        recipe: How labels become targets and maps become labels.
        network: The architecture.
        recommended: Whether the data suggest it.
    """

    recipe: RecipeInfo
    network: TrainableNetwork
    recommended: bool

    @property
    def further(self) -> bool:
        """Whether it stands among further networks, for those who know what they want."""
        return self.network.special and not self.recommended


def methods_for(draft: TrainingDraft) -> list[Method]:
    """All methods that fit the goal and the data, the recommended one first.

    A finetuned model keeps its method.
    """
    if draft.card is not None:
        return [Method(RECIPES[draft.card.recipe], NETWORKS[draft.card.network], True)]
    suggested = draft.suggested
    found = [
        Method(recipe, network, suggested is not None and _pair(suggested) == (recipe.name, network.name))
        for recipe in recipes_for(draft.goal_name)
        for network in recipe.networks()
        if network.dimensions in _dimensions(draft)
    ]
    first = next((method.recipe.name for method in found if method.recommended), "")
    return sorted(found, key=lambda m: (m.further, m.recipe.name != first, not m.recommended))


def _pair(config: object) -> tuple[str, str]:
    return getattr(config, "recipe", ""), getattr(config, "network", "")


def _dimensions(draft: TrainingDraft) -> set[int]:
    if draft.report is not None and draft.report.dimensions == 2:
        return {2}
    return {2, 3} if draft.goal.dimensions is None else {draft.goal.dimensions}  # dimensions
