"""Which ways through an image a model offers, and which of its parameters matter in each; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Plane
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.registry import RECIPES, modes_of

_SLICE = "slice"


def modes_to_choose(card: ModelCard, *, flat: bool = False) -> tuple[Mode, ...]:
    """The modes among which the user chooses; none where only one makes sense.

    Args:
        card: The model.
        flat: Whether all images are single pictures.
    """
    modes = modes_of(card.recipe, card.dimensions)
    return modes if len(modes) > 1 and not flat else ()


def usual_mode(card: ModelCard, *, flat: bool = False) -> str:
    """The mode to begin with; ``auto`` for models with only one."""
    modes = modes_of(card.recipe, card.dimensions)
    if len(modes) < 2:
        return "auto"
    names = [mode.name for mode in modes]
    return _SLICE if flat and _SLICE in names else names[0]


def slice_mode(card: ModelCard, *, flat: bool) -> str:
    """The mode for a preview of one slice: of a volume as a stack of one, in which sizes of whole objects do not count.

    Args:
        card: The model.
        flat: Whether the image is a single picture.
    """
    ways = box_modes(card)
    return ways[0].name if ways and not flat else usual_mode(card, flat=True)


def box_modes(card: ModelCard) -> tuple[Mode, ...]:
    """The modes for a preview of a box; none where the model has only one.

    Single slices are no way through a box, unless that is what the model does by itself.
    """
    modes = modes_to_choose(card)
    return tuple(mode for mode in modes if mode.name != _SLICE or mode == modes[0])


def sees_any_plane(card: ModelCard) -> bool:
    """Whether the model can look at xy, xz and yz alike."""
    info = RECIPES.get(card.recipe)
    return info is not None and bool(info.plane_parameter)


def plane_parameter(card: ModelCard) -> str:
    """Name of the parameter of its plane; empty where it sees xy slices, or volumes."""
    info = RECIPES.get(card.recipe)
    return info.plane_parameter if info is not None else ""


def plane_of(card: ModelCard, prediction: dict[str, Any]) -> Plane:
    """The plane of the slices that it sees."""
    info = RECIPES.get(card.recipe)
    return info.plane(prediction) if info is not None else Plane.XY


def in_plane(card: ModelCard, prediction: dict[str, Any], plane: Plane) -> dict[str, Any]:
    """How the network sees the image in slices of a plane; as before where it cannot choose."""
    name = plane_parameter(card)
    return {**prediction, name: plane.value} if name else dict(prediction)


def sees_every_plane(card: ModelCard, mode: str) -> bool:
    """Whether a mode looks at the image in all three planes."""
    info = RECIPES.get(card.recipe)
    return info is not None and info.sees_every_plane(mode)


def fields_in(
    model: type[Parameters],
    mode: str,
    values: Mapping[str, Any] = MappingProxyType({}),
    *,
    preview: bool = False,
    part: bool = False,
) -> tuple[str, ...]:
    """Names of the parameters that matter.

    Args:
        model: The parameters.
        mode: The way through the image; ``auto`` for any.
        values: Of the parameters; what does nothing beside them is left out.
        preview: For a preview; what it does not show is left out.
        part: For one slice of a volume; what is about whole objects is left out.
    """
    found = []
    for name, info in model.model_fields.items():
        extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        modes = extra.get("modes")
        matters = mode == "auto" or not isinstance(modes, list) or mode in modes
        unseen = (preview and extra.get("preview") is False) or (part and extra.get("whole"))
        other, choices = extra.get("used_with") or ("", [])
        idle = other in values and values[other] not in choices
        if matters and not unseen and not idle:
            found.append(name)
    return tuple(found)


def map_words(card: ModelCard | None, prediction: dict[str, Any]) -> str:
    """What its maps are called where they can be shown as layers; empty where they cannot."""
    info = RECIPES.get(card.recipe) if card is not None else None
    return info.shown_maps(prediction) if info is not None else ""


def gives_classes(card: ModelCard | None, decode: dict[str, Any]) -> bool:
    """Whether labels are class values, not objects."""
    info = RECIPES.get(card.recipe) if card is not None else None
    return info is not None and info.gives_classes(decode)
