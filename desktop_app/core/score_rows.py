"""The scores of a model in words, each once."""

from __future__ import annotations

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.recipes.registry import all_scores
from desktop_app.core.score_trust import number_with_range, ranges_of


def metric_rows(card: ModelCard) -> list[tuple[str, str]]:
    """What each score measures and its value, the most telling first; one that repeats another is left out.

    What training maximised is made of the others, and the score of the only class is that of all.
    """
    known, rows = all_scores(), list[tuple[str, str]]()
    order = {key: place for place, key in enumerate(known)}
    several, ranges = len(card.class_names) > 1, ranges_of(card.training)

    def place(name: str) -> tuple[bool, int, str]:
        rest = _bare(name)
        return name.startswith("test/"), order.get(rest.partition("/")[0], len(order)), rest

    for name in sorted(card.metrics, key=place):
        key, _, kind = _bare(name).partition("/")
        if key == "score" or (kind and not several):
            continue
        title = known[key].title if key in known else _metric_title(key)
        where = ", test images" if name.startswith("test/") else ""
        value = number_with_range(card.metrics[name], ranges.get(name))
        rows.append((f"{title}{f', {kind}' if kind else ''}{where}", value))
    return rows


def _bare(name: str) -> str:
    """A score without the family of images or curves that it belongs to."""
    return name.removeprefix("test/").removeprefix("score/")


def _metric_title(name: str) -> str:
    words = name.replace("/", ", ").replace("_", " ")
    return words[:1].upper() + words[1:]
