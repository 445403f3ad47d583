"""``--set key=value``: one setting of a nested configuration, found, read and checked."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from desktop_app.core.errors import UserError

_NOTHING = ("", "none", "null")


@dataclass(frozen=True, slots=True)
class Setting:
    """One number, word or switch that can be set.

    Attributes:
        path: Names from the outermost group inwards.
        field: Its declaration: type, default, bounds, unit and advice.
    """

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def key(self) -> str:
        """As it is written before the equals sign."""
        return ".".join(self.path)

    @property
    def unit(self) -> str:
        """Unit of the value, empty where it has none."""
        extra = self.field.json_schema_extra
        return str(extra.get("unit", "")) if isinstance(extra, dict) else ""

    @property
    def default(self) -> str:
        """The default as it would be written, empty where there is none."""
        if self.field.is_required():
            return ""
        return _written(self.field.get_default(call_default_factory=True))

    @property
    def allowed(self) -> str:
        """What may be given, in words: ``1 to 1000``, ``a or b``, ``true or false``."""
        kind, optional = _without_none(self.field.annotation)
        words = _kind_in_words(kind, self.field.metadata)
        return f"{words}, or none" if optional else words


def settings_of(
    model: type[BaseModel], groups: Mapping[str, type[BaseModel]] | None = None, leave_out: Iterable[str] = ()
) -> dict[str, Setting]:
    """All settings of a configuration, by key.

    Args:
        model: The configuration.
        groups: Models of those of its fields that are plain dictionaries, by key.
        leave_out: Fields that are not for the user's hand.
    """
    found: dict[str, Setting] = {}
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        kind, _ = _without_none(field.annotation)
        inner = (groups or {}).get(name) or (kind if _is_model(kind) else None)
        if inner is None:
            found[name] = Setting((name,), field)
        else:
            within = {key.removeprefix(f"{name}."): group for key, group in (groups or {}).items() if key != name}
            nested = settings_of(inner, within)
            found.update({f"{name}.{key}": Setting((name, *s.path), s.field) for key, s in nested.items()})
    return found


def changed(values: Mapping[str, Any], assignments: Iterable[str], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """A nested dictionary with the assignments carried out.

    Args:
        values: The configuration as nested dictionaries; it is not touched.
        assignments: Texts ``key=value``. The last part of a key is enough where it is unique.
        settings: What may be set.

    Raises:
        UserError: Naming the assignment, and what would be right.
    """
    result = _copied(values)
    for text in assignments:
        key, equals, raw = text.partition("=")
        if not equals:
            raise UserError(f"--set {text} lacks a value.", hint="Write it as --set key=value, without spaces.")
        setting = find_setting(key.strip(), settings)
        group = result
        for name in setting.path[:-1]:
            group = group.setdefault(name, {})
        group[setting.path[-1]] = _value(setting, raw.strip())
    return result


def find_setting(key: str, settings: Mapping[str, Setting]) -> Setting:
    """The setting of that key, or of that last part of a key if only one has it; groups within may be left out."""
    if key in settings:
        return settings[key]
    first, _, last = key.rpartition(".")
    same_end = [s for s in settings.values() if s.key.endswith(f".{key}")]
    if first and not same_end:
        same_end = [s for s in settings.values() if s.key.startswith(f"{first}.") and s.path[-1] == last]
    if len(same_end) == 1:
        return same_end[0]
    if same_end:
        raise UserError(f"--set {key} could mean {' or '.join(s.key for s in same_end)}.", hint="Write it in full.")
    names = {s.path[-1]: s.key for s in settings.values()}
    # Likeness, 0 to 1: stricter than the usual 0.6, so that other words are not offered; a judgement.
    near = difflib.get_close_matches(key.rpartition(".")[2], names, n=2, cutoff=0.7)
    suggestions = " or ".join(names[name] for name in near)
    hint = f"Did you mean {suggestions}?" if near else "See --help for all settings."
    raise UserError(f"There is no setting “{key}”.", hint=hint)


def _value(setting: Setting, raw: str) -> Any:
    kind, optional = _without_none(setting.field.annotation)
    if optional and raw.lower() in _NOTHING:
        return None
    given: Any = [part.strip() for part in raw.strip("()[]").split(",")] if get_origin(kind) is tuple else raw
    if get_origin(kind) is Literal:
        given = next((choice for choice in get_args(kind) if str(choice) == raw), raw)
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[kind, *setting.field.metadata] if setting.field.metadata else kind
    )
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        unit = f" {setting.unit}" if setting.unit else ""
        raise UserError(
            f"--set {setting.key}={raw} is not possible.",
            hint=f"Expected: {setting.allowed}{unit}.",
            details=str(error),
        ) from error


def _copied(values: Any) -> Any:
    return {k: _copied(v) for k, v in values.items()} if isinstance(values, Mapping) else values


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without ``| None``, and whether None was allowed."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(kinds) < len(get_args(annotation)) and len(kinds) == 1:
            return kinds[0], True
    return annotation, False


def _kind_in_words(kind: Any, metadata: list[Any]) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(str(value) for value in get_args(kind))
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return _bounds(metadata) or ("whole number" if kind is int else "number")
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        return "list, as 1,2,3" if Ellipsis in parts else f"{len(parts)} numbers, as {','.join(['16'] * len(parts))}"
    return "text"


def _bounds(metadata: list[Any]) -> str:
    low = high = steps = ""
    for bound in metadata:
        match bound:
            case annotated_types.Ge(value):
                low = _written(value)
            case annotated_types.Gt(value):
                low = f"above {_written(value)}"
            case annotated_types.Le(value):
                high = _written(value)
            case annotated_types.Lt(value):
                high = f"below {_written(value)}"
            case annotated_types.MultipleOf(value):
                steps = f" in steps of {_written(value)}"
    if low and high:
        return f"{low} to {high}{steps}"
    return f"{low} or more" if low else high


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ",".join(_written(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
