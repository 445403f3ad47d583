"""The text at the start of an NRRD file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError

_LONGEST = 2**20  # bytes; headers with descriptions of thousands of segments stay below
_MOST_AXES = 16  # NRRD_DIM_MAX of its library
_VECTOR = re.compile(r"none|\([^)]*\)")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class NrrdHeader:
    """What stands in a header.

    Attributes:
        path: The file.
        fields: Of the format, by lower-case name.
        pairs: Of the programs that wrote it, by name (``key:=value``).
        end: The byte behind the empty line; where the header is a file of its own, its length.
        sizes: Length of each axis, the fastest first.
    """

    path: Path
    fields: dict[str, str]
    pairs: dict[str, str]
    end: int
    sizes: tuple[int, ...] = field(default=())

    def words(self, name: str) -> list[str]:
        """The values of a field with a word for each axis, quoted or not; nothing where it is missing or too short."""
        text = self.fields.get(name, "")
        found = _QUOTED.findall(text) if '"' in text else text.split()
        return found if len(found) == len(self.sizes) else []

    def numbers(self, name: str) -> list[float]:
        """The values of a field with one number for each axis; nothing where it is missing or no numbers."""
        try:
            return [float(word) for word in self.words(name)]
        except ValueError:
            return []

    def vectors(self, name: str) -> list[tuple[float, ...] | None]:
        """The vectors of a field, None for ``none``."""
        found: list[tuple[float, ...] | None] = []
        for text in _VECTOR.findall(self.fields.get(name, "")):
            found.append(None if text == "none" else tuple(float(v) for v in text[1:-1].split(",")))
        return found


def read_header(path: Path) -> NrrdHeader:
    """The header of a file.

    Raises:
        UnreadableFileError: If it is no NRRD header, or states no sizes.
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_LONGEST)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    at = 0
    for line in data.splitlines(keepends=True):
        at += len(line)
        text = line.decode("utf-8", errors="replace").strip()
        if not text:
            break
        if ":=" in text and not re.match(r"[a-z ]+: ", text):
            name, value = text.split(":=", 1)
            pairs[name] = value
        elif ":" in text and not text.startswith("#"):
            name, value = text.split(":", 1)
            fields[_named(name)] = value.strip()
    else:
        if "data file" not in fields:
            raise UnreadableFileError(path, "it ends within its header.", hint="Copy it again from where it came from.")
    return NrrdHeader(path, fields, pairs, at, _sizes(path, fields))


def _named(name: str) -> str:
    """The field's name in its usual spelling."""
    name = name.strip().lower()
    aliases = {"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip"}
    return aliases.get(name, name)


def _sizes(path: Path, fields: dict[str, str]) -> tuple[int, ...]:
    try:
        sizes = tuple(int(n) for n in fields["sizes"].split())
    except (KeyError, ValueError) as error:
        raise UnreadableFileError(path, "its header states no sizes.", details=repr(error)) from error
    if not 2 <= len(sizes) <= _MOST_AXES or min(sizes) < 1:
        raise UnreadableFileError(path, "its header states an impossible size.", details=str(sizes))
    return sizes
