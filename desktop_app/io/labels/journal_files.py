"""The files of a journal: its parts, and the small one that says how far the label file has come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json

_DIGITS = 6  # in the number of a part
_STORED = "stored"  # ending of the file that says how far the label file has come


@dataclass(order=True, frozen=True, slots=True)
class Position:
    """A place between two records.

    Attributes:
        part: Number of the file.
        byte: In it.
    """

    part: int = 0
    byte: int = 0


def part_path(path: Path, number: int) -> Path:
    """A part of the journal at ``path``."""
    return path.with_name(f"{path.name}.{number:0{_DIGITS}d}")


def part_number(path: Path) -> int:
    """The number of a part, 0 of any other file."""
    ending = path.suffix[1:]
    return int(ending) if ending.isdecimal() and ending.isascii() else 0


def part_numbers(path: Path) -> list[int]:
    """Numbers of the parts that are there, ascending."""
    return sorted(number for p in path.parent.glob(f"{path.name}.*") if (number := part_number(p)))


def stored_position(path: Path) -> Position:
    """How far the label file has come. Where that is not known everything is done again, to the same end."""
    try:
        found = read_json(_stored_file(path))
        return Position(int(found["part"]), int(found["byte"]))
    except (OSError, ValueError, LookupError, TypeError):
        return Position()


def write_position(path: Path, position: Position) -> None:
    """Say how far the label file has come.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    write_json(_stored_file(path), {"part": position.part, "byte": position.byte})


def knows_steps(path: Path) -> bool:
    """Whether anything was ever written into the journal at ``path``, or noted there by ``note_stored``."""
    return path.exists() or _stored_file(path).exists() or bool(part_numbers(path))


def note_stored(path: Path) -> None:
    """Note that labels which no step has made are in the label file.

    Args:
        path: Of their journal, which is empty.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    write_position(path, Position())


def _stored_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.{_STORED}")
