"""The scores of a model in words, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.recipes.registry import all_scores
from desktop_app.core.score_trust import number_with_range, ranges_of

_WHOLE = "score"
"""What training maximised; it is made of the others."""
_START = "start/"
"""Begins the names of the scores of the model that was finetuned, which stand beside the others."""


def metric_rows(card: ModelCard) -> list[tuple[str, str]]:
    """What each score measures and its value, the most telling first."""
    ranges = ranges_of(card.training)
    return [
        (title, number_with_range(card.metrics[name], ranges.get(name)))
        for name, title in titled_scores(card.metrics, several=len(card.class_names) > 1)
    ]


def titled_scores(names: Iterable[str], *, several: bool | None = None) -> Iterator[tuple[str, str]]:
    """Names of scores with what each measures, the most telling first; one that repeats another is left out.

    What training maximised is made of the others, and the score of the only class is that of all.

    Args:
        names: As a training gives them; those of the start model are left out.
        several: Whether there is more than one class; None if the names tell.
    """
    names = [name for name in names if not name.startswith(_START)]
    if several is None:
        several = len({kind for name in names if (kind := _bare(name).partition("/")[2])}) > 1
    known = all_scores()
    order = {key: place for place, key in enumerate(known)}

    def place(name: str) -> tuple[bool, int, str]:
        rest = _bare(name)
        return name.startswith("test/"), order.get(rest.partition("/")[0], len(order)), rest

    for name in sorted(names, key=place):
        key, _, kind = _bare(name).partition("/")
        if key == _WHOLE or (kind and not several):
            continue
        where = ", test images" if name.startswith("test/") else ""
        yield name, f"{score_title(key)}{f', {kind}' if kind else ''}{where}"


def score_title(key: str) -> str:
    """What a score measures; of one that no recipe describes its name as words."""
    known = all_scores()
    return known[key].title if key in known else _metric_title(key)


def score_name(key: str) -> str:
    """What a score measures, and what it is called in papers."""
    symbol = all_scores()[key].symbol
    return f"{score_title(key)} ({symbol})" if symbol else score_title(key)


def _bare(name: str) -> str:
    """A score without the family of images or curves that it belongs to."""
    return name.removeprefix("test/").removeprefix("score/")


def _metric_title(name: str) -> str:
    words = name.replace("/", ", ").replace("_", " ")
    return words[:1].upper() + words[1:]
