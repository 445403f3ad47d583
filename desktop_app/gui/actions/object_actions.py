"""What can be done about objects, from the table of operations."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.objects.operations import OPERATIONS, Offer, Operation, Target

_GROUP = "Objects"
_BY_MENU = frozenset({Target.NOTHING, Target.LINE, Target.REGION, Target.PLACES})


def offers_of_the_menu() -> Iterator[tuple[Operation, Offer]]:
    """What can be started without pointing at an object first; the rest stands in the menu of a right click."""
    for operation in OPERATIONS.values():
        if _BY_MENU.intersection(operation.targets):
            for offer in operation.offers:
                if offer.by is None or offer.by in _BY_MENU:
                    yield operation, offer


def offers_for_rows(count: int, kind: LabelKind) -> Iterator[tuple[Operation, Offer]]:
    """What can be done with so many objects that are named, not pointed at."""
    for operation in OPERATIONS.values():
        one, two = Target.OBJECT in operation.targets, Target.TWO_OBJECTS in operation.targets
        if (two and count > 1) or (one and (count == 1 or operation.many)):
            for offer in operation.offers:
                if kind in offer.kinds and not offer.at_place and offer.by not in _BY_MENU:
                    yield operation, offer


def object_actions() -> tuple[ActionInfo, ...]:
    """One action per offer."""
    return tuple(
        ActionInfo(
            offer.id,
            offer.text,
            offer.icon or operation.icon,
            (offer.key,) if offer.key else (),
            offer.tip or operation.advice,
            _GROUP,
        )
        for operation, offer in offers_of_the_menu()
    )
