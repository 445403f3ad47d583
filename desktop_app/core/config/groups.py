"""Which images belong together: the same specimen, animal, plate or movie, told from names and folders.

Images of one specimen are alike. A model that learned from some of them does better on the others than on images of
specimens that it has never seen, so that scores promise too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.specimen_names import specimens_of
from desktop_app.core.errors import UserError
from desktop_app.core.project.model import Role

_MOST_NAMED = 5  # groups in one sentence


def with_groups(pairs: Sequence[PairConfig], pattern: str = "") -> tuple[PairConfig, ...]:
    """Pairs with the group of each: as it is where a layout or the user said it, else told from the names.

    Where all names would be one group, or each a group of its own, none is set.

    Args:
        pairs: Images with their labels.
        pattern: A regular expression in place of the usual rule: what it finds in a name is the group, or its first
            part in parentheses. A name in which it finds nothing is a group by itself.

    Raises:
        UserError: If the pattern is none.
    """
    names = [pair.name for pair in pairs]
    told = {name: _by_pattern(name, pattern) for name in names} if pattern else specimens_of(names)
    if not pattern and not 1 < len(set(told.values())) < len(told):
        return tuple(pairs)
    return tuple(
        pair if pair.group and not pattern else pair.model_copy(update={"group": told[pair.name]}) for pair in pairs
    )


def _by_pattern(name: str, pattern: str) -> str:
    try:
        found = re.search(pattern, name)
    except re.error as error:
        raise UserError(
            f"“{pattern}” is no pattern for names.",
            hint=r"Write it as a regular expression, such as Emb\d+ or (.*)_t\d+.",
            details=str(error),
        ) from error
    return name if found is None else (found.group(1) if found.re.groups else found.group()) or name


def groups_in(pairs: Iterable[PairConfig]) -> dict[str, list[int]]:
    """The places of the pairs of each group; a pair without a group is one by itself, named after the pair."""
    found: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        found.setdefault(pair.group or pair.name, []).append(place)
    return found


def groups_in_words(pairs: Sequence[PairConfig]) -> str:
    """What was grouped, in a sentence; empty where each image stands for itself, or all belong together."""
    groups = groups_in(pairs)
    if not 1 < len(groups) < len(pairs):
        return ""
    named = list(groups)[:_MOST_NAMED]
    more = f" and {len(groups) - _MOST_NAMED} more" if len(groups) > _MOST_NAMED else ""
    return (
        f"The {len(pairs)} images belong to {len(groups)} groups ({', '.join(named)}{more}). The images of a group are "
        "all learned from, or all kept aside."
    )


def on_both_sides_in_words(pairs: Sequence[PairConfig], roles: Sequence[Role]) -> str:
    """Which specimens are learned from and checked with, in a sentence; empty where none is.

    The split keeps the images of a group together; who names images for a part, or a folder for the validation, may
    part them.

    Args:
        pairs: Images with their labels.
        roles: The part of each.
    """
    sides: dict[str, set[bool]] = {}
    names = [pair.name.removeprefix(f"{pair.source}/") for pair in pairs]
    told = specimens_of(names)
    for pair, name, role in zip(pairs, names, roles, strict=True):
        specimen = pair.group.removeprefix(f"{pair.source}/") or told[name]
        if role != "unused":
            sides.setdefault(specimen, set()).add(role in ("validation", "test"))
    found = [specimen for specimen, checked in sides.items() if len(checked) > 1]
    if not found or len(sides) < 2:
        return ""
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return (
        f"By their names, images of one specimen are learned from and checked with: {', '.join(found[:_MOST_NAMED])}"
        f"{more}. Scores then promise too much; give all images of a specimen to one part."
    )
