"""Settings of a training in a file of another program."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

_LONGEST = 40
"""Characters of a value in a sentence."""
_MOST_NAMED = 30
"""Entries in one sentence; a file of settings of easyreg has some 70 in all."""
_NOTHING: tuple[Any, ...] = (None, "", False, 0, -1, [-1], [-1, -1], [-1, -1, -1], [], {})
"""Values by which such files say that an entry does not count."""


@dataclass(frozen=True, slots=True)
class ForeignSettings:
    """What such a file says, in words of this program.

    Attributes:
        program: Where it comes from.
        values: Part of a ``TrainingConfig``.
        report: What became of its entries: taken over, not needed, or left out and why; a sentence each.
        labels: The label values that alone are learned, all others being background; empty: all.
    """

    program: str
    values: dict[str, Any]
    report: tuple[str, ...]
    labels: tuple[int, ...] = ()


def table_in(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table within a table of settings; an empty one where there is none."""
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def number_in(value: Any) -> float | None:
    """A number, also where it is written as 1e-4, which YAML takes for text; None for what is none, or infinite."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


@dataclass(slots=True)
class Entries:
    """Entries of a file of settings, which remembers those that were read, so that the others can be told.

    Attributes:
        document: The file's tables.
        report: Hears of entries that cannot be understood.
    """

    document: Mapping[str, Any]
    report: SettingsReport
    _read: set[str] = field(default_factory=set)

    def take(self, path: str) -> Any:
        """An entry by its dotted path; None where there is none. It counts as read, with all that is in it."""
        self._read.add(path)
        return self.look(path)

    def look(self, path: str) -> Any:
        """The same, without counting it as read."""
        found: Any = self.document
        for name in path.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found

    def first(self, *paths: str) -> tuple[str, Any]:
        """The first of some entries that says something, with its path; the first path and None if none does."""
        found = [(path, value) for path in paths if (value := self.take(path)) is not None]
        return found[0] if found else (paths[0], None)

    def number(self, path: str) -> float | None:
        """A number; one that is said otherwise is told, and None."""
        return self.as_number(path, self.take(path))

    def as_number(self, path: str, value: Any) -> float | None:
        """A value as a number, or the first of a list, which is that of the training."""
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = value[0] if value else None
        number = number_in(value)
        if number is None and value is not None:
            self.report.said.append(f"{path} is left out: {shown_value(value)} is no number.")
        return number

    def word(self, path: str) -> str:
        """A word; empty where there is none. What is no word is told."""
        value = self.take(path)
        if value is None or isinstance(value, str):
            return (value or "").strip()
        self.report.said.append(f"{path} is left out: {shown_value(value)} is no name.")
        return ""

    def unread(self) -> Iterator[str]:
        """Paths of the entries that nobody has read; of a table in which nothing was read, its path alone."""
        yield from self._unread(self.document, "")

    def _unread(self, table: Mapping[str, Any], before: str) -> Iterator[str]:
        for name, value in table.items():
            path = f"{before}{name}"
            if path in self._read:
                continue
            if isinstance(value, Mapping) and any(read.startswith(f"{path}.") for read in self._read):
                yield from self._unread(value, f"{path}.")
            elif value not in _NOTHING:
                yield path


@dataclass(slots=True)
class SettingsReport:
    """Values and sentences as they come together.

    Attributes:
        values: What does not belong to one of the groups.
        recipe: Parameters of the method.
        optimisation: How it learns.
        validation: How it is watched.
        said: What became of the entries.
        labels: The label values that alone are learned; empty: all.
    """

    values: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    optimisation: dict[str, Any] = field(default_factory=dict)
    validation: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    labels: tuple[int, ...] = ()

    def set(self, group: dict[str, Any], key: str, value: Any, name: str, model: type[BaseModel]) -> bool:
        """Take a value over, if this program takes it; else say why not.

        Args:
            group: One of those above.
            key: Its key there.
            value: In the unit of this program.
            name: Of the entry in the file.
            model: Declares the key with its bounds.

        Returns:
            Whether it was taken.
        """
        try:
            model.model_validate({key: value})
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ").rstrip(".")
            title = model.model_fields[key].title or key
            self.said.append(f"{name} is left out: {shown_value(value)} is no “{title}” here ({_lowered(reason)}).")
            return False
        group[key] = value
        return True

    def left(self, name: str, value: Any, instead: str) -> None:
        """An entry that has no counterpart, with what to do about it; nothing where it does not count."""
        if value not in _NOTHING:
            self.said.append(f"{name} is left out: {instead}.")

    def left_unread(self, entries: Entries) -> None:
        """Name all entries that nothing here depends on."""
        names = list(entries.unread())
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            self.said.append(f"Left out, as nothing here has it: {', '.join(names[:_MOST_NAMED])}{more}.")

    def finished(self, program: str, recipe: str, network: str, arguments: Mapping[str, Any]) -> ForeignSettings:
        """All of it as settings."""
        values = {
            "recipe": recipe, "network": network, "network_arguments": dict(arguments),
            "recipe_parameters": self.recipe, **self.values,
        }  # fmt: skip
        values |= {
            name: part for name, part in (("optimisation", self.optimisation), ("validation", self.validation)) if part
        }
        return ForeignSettings(program, values, tuple(self.said), self.labels)


def shown_value(value: Any) -> str:
    """A value for a sentence, cut where it is long."""
    text = f"“{value}”" if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
