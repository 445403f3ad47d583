"""What all configurations share: frozen, strict, and saved with a schema version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from desktop_app.core.errors import UserError


class Parameters(BaseModel):
    """A group of parameters. Each is declared once, with title, advice, bounds and unit.

    Forms, the command line's help, saved files and the manual all come from these declarations.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


def field_extra(
    unit: str = "",
    *,
    advanced: bool = False,
    step: float | None = None,
    modes: tuple[str, ...] = (),
    preview: bool = True,
    zero: str = "",
    whole: bool = False,
    volume: bool = False,
    titles: Mapping[str, str] | None = None,
    only_with: tuple[tuple[str, str | bool], ...] = (),
    later: bool = False,
    box: str = "",
    used_with: tuple[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """``json_schema_extra`` of a parameter; one that may be None adds what that means, as ``none``.

    It may also add the value that it usually has where it is set, as ``usual``.

    Args:
        unit: Shown behind the value.
        advanced: Whether beginners may skip it.
        step: Of its spin box.
        modes: Ways through an image in which it matters; all if empty.
        preview: Whether it changes what a preview shows.
        zero: What 0 means, in a word that is shown instead of it.
        whole: Whether it is about whole objects, of which one slice of a volume shows a part only.
        volume: Whether it means nothing in a flat image.
        titles: How its choices read, where their own words do not do.
        only_with: Other options of a tool, each with the choice of it with which alone this one means something; a
            tool without that option does not ask for it.
        later: Whether it came after results were made without it, which its default leaves as they are.
        box: What of a box drawn around a small object sets it, a ``BoxSize``.
        used_with: Another parameter of the same group, and the choices of it with which alone this one does something.
    """
    extra: dict[str, Any] = {"unit": unit, "advanced": advanced}
    if step is not None:
        extra["step"] = step
    if modes:
        extra["modes"] = list(modes)
    if not preview:
        extra["preview"] = False
    if zero:
        extra["zero"] = zero
    if whole:
        extra["whole"] = True
    if titles:
        extra["titles"] = dict(titles)
    if volume:
        extra["volume"] = True
    if only_with:
        extra["only_with"] = [list(pair) for pair in only_with]
    if later:
        extra["later"] = True
    beside = {"used_with": [used_with[0], list(used_with[1])]} if used_with else {}
    return extra | ({"box": box} if box else {}) | beside


def deciding(parameters: BaseModel) -> dict[str, Any]:
    """Values that decide on a result, to compare it with one of an earlier version: what came later counts only where
    it does something.
    """
    silent = set()
    for name, field in type(parameters).model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("later") and getattr(parameters, name) == field.default:
            silent.add(name)
    return parameters.model_dump(mode="json", exclude=silent)


def explain(error: ValidationError, what: str) -> UserError:
    """A ``UserError`` that names the first wrong field of ``what`` in plain words."""
    first = error.errors()[0]
    place = ".".join(str(p) for p in first["loc"])
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        message = f"{what} has an entry that this version does not know: “{place}”{more}."
        return UserError(message, hint="Update Voxelwright, or remove the entry.", details=str(error))
    at = f" at “{place}”" if place else ""
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    return UserError(f"{what} is not valid{at}: {reason}{more}.", details=str(error))
