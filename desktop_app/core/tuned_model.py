"""What a search for better parameters of making objects found, on labels that a finished model did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.score_rows import titled_scores
from desktop_app.core.score_trust import Range, number_with_range
from desktop_app.core.tuning import Tried

BEFORE = "decode_before"
"""Where the training manifest of a model keeps its parameters from before they were fitted to labels."""
FITTED = "decode_fitted"
"""Where it keeps the fitted ones while those from before are back in use."""
_FRIENDLY = (
    "The values were chosen on these very images, so the score after it is a little too friendly: on others expect "
    "somewhat less."
)


def values_before(card: ModelCard) -> str:
    """What a model had before it was fitted to labels, of what differs now, in words; empty where it was not."""
    return _laid_by(card, BEFORE)


def values_fitted(card: ModelCard) -> str:
    """The same of the fitted values, while those from before are back in use."""
    return _laid_by(card, FITTED)


def swapped_card(card: ModelCard) -> ModelCard:
    """The card with the values from before it was fitted to labels, or with the fitted ones again; none are lost.

    Raises:
        UserError: If it was never fitted to labels.
    """
    for key, other in ((BEFORE, FITTED), (FITTED, BEFORE)):
        if _laid_by(card, key):
            kept = {name: value for name, value in card.training.items() if name != key}
            training = {**kept, other: dict(card.decode)}
            return card.model_copy(update={"decode": dict(card.training[key]), "training": training})
    raise UserError(
        f"“{card.name}” was not fitted to labels: it has no values from before.", hint="Fit it to labels first."
    )


def _laid_by(card: ModelCard, key: str) -> str:
    """Of values that are kept under a key, those that differ from what the model has now, in words."""
    old = card.training.get(key)
    if card.recipe not in RECIPES or not isinstance(old, Mapping):
        return ""
    fields = RECIPES[card.recipe].decode.model_fields
    before = {name: old.get(name, field.default) for name, field in fields.items()}
    now = {name: card.decode.get(name, field.default) for name, field in fields.items()}
    differ = [name for name in fields if before[name] != now[name]]
    return ", ".join(f"{fields[name].title or name} {before[name]}" for name in differ)


@dataclass(frozen=True, slots=True)
class ScoredValues:
    """Scores of labelled images.

    Attributes:
        scores: By name.
        ranges: Between what each lies nine times of ten, where there are images enough to tell.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """A score with its range; a dash where there is none."""
        return number_with_range(self.scores[name], self.ranges.get(name)) if name in self.scores else "–"


@dataclass(frozen=True, slots=True)
class TunedModel:
    """What was found; the model itself is as it was.

    Attributes:
        card: Of the model, with the values that it has.
        decode: All parameters of making objects as they suit the labels best.
        before: Scores with the values that the model has.
        after: Scores with those of ``decode``.
        apart: Scores of each image with values tuned on others; none where there was one image, or nothing changed.
        points: What was tried, in order.
        images: Number of labelled images.
        files: What was written.
    """

    card: ModelCard
    decode: Mapping[str, Any]
    before: ScoredValues
    after: ScoredValues
    apart: ScoredValues = ScoredValues()
    points: tuple[Tried, ...] = ()
    images: int = 1
    files: tuple[Path, ...] = ()

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Value before and after by title of the parameter, of those that differ."""
        fields = RECIPES[self.card.recipe].decode.model_fields
        old = RECIPES[self.card.recipe].decode.model_validate(self.card.decode).model_dump()
        return {
            fields[name].title or name: (old.get(name), value)
            for name, value in self.decode.items()
            if old.get(name) != value
        }

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """What each score measures, before, after, and with values tuned on other images."""
        names = titled_scores(self.after.scores, several=len(self.card.class_names) > 1)
        return [(title, self.before.shown(n), self.after.shown(n), self.apart.shown(n)) for n, title in names]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changes, and how far the scores can be trusted."""
        if not self.changes:
            return ("No other values are clearly better than those that the model has.",)
        said = [f"{title}: {old} → {new}." for title, (old, new) in self.changes.items()]
        if self._no_better(self.after):
            said.append("On these images they do no better than the values that the model has.")
        if self.apart.scores:
            said.append(f"{_FRIENDLY} The last column checks them: each image with values chosen on the others.")
            if self._no_better(self.apart):
                said.append("There they do no better than the values that the model has: keep those, or label more.")
        else:
            said.append(f"{_FRIENDLY} With one image, nothing else can check them.")
        return tuple(said)

    def _no_better(self, found: ScoredValues) -> bool:
        """Whether values do no better than those that the model has."""
        return found.scores.get("score", 1.0) <= self.before.scores.get("score", 0.0)

    def kept_card(self) -> ModelCard:
        """The card with the new values; those from before stay in its training manifest, the first ones for good."""
        kept = {name: value for name, value in self.card.training.items() if name != FITTED}
        training = {BEFORE: dict(self.card.decode), **kept}
        return self.card.model_copy(update={"decode": dict(self.decode), "training": training})
