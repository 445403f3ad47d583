"""Tables as CSV files that Excel, R and Python all open."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.atomic import write_bytes

_ROWS_AT_ONCE = 5000  # rows formatted at once: bounds memory


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows under the given columns; missing entries, None and NaN are empty cells.

    Text that is not plain ASCII (µm³) is marked as UTF-8 by a byte order mark, which Excel needs.

    Raises:
        UnwritableFileError: If the file cannot be written.
    """
    lines = _Lines()
    lines.add([columns])
    remaining = iter(rows)
    while group := list(itertools.islice(remaining, _ROWS_AT_ONCE)):
        lines.add([_cell(row.get(column)) for column in columns] for row in group)
    write_bytes(path, lines.content())


@dataclass(slots=True)
class _Lines:
    """Lines of a table as bytes, after room for a byte order mark; tables of many objects are never whole as text."""

    ascii: bool = True
    buffer: io.BytesIO = field(default_factory=lambda: io.BytesIO(codecs.BOM_UTF8))

    def __post_init__(self) -> None:
        """Go on after the mark."""
        self.buffer.seek(0, io.SEEK_END)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Append rows."""
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        line = text.getvalue()
        self.ascii = self.ascii and line.isascii()
        self.buffer.write(line.encode("utf-8", "backslashreplace"))

    def content(self) -> memoryview:
        """The table; the mark is left away from plain ASCII."""
        return self.buffer.getbuffer()[len(codecs.BOM_UTF8) if self.ascii else 0 :]


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table as text by column name.

    Raises:
        UnreadableFileError: If the file is missing or no text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{k: v or "" for k, v in row.items() if k is not None} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(path, "it is missing or no table in CSV form.", details=repr(error)) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return "" if math.isnan(number) else format(number, ".7g")
    return str(value)
