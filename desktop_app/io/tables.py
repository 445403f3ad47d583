"""Tables as CSV files that Excel, R and Python all open, and as Excel files."""

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

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.shown_name import shown
from desktop_app.io.atomic import write_bytes
from desktop_app.io.plain_files import open_plain

_ROWS_AT_ONCE = 5000  # rows formatted at once: bounds memory
TABLE_ENDINGS = (".csv", ".xlsx")
TABLE_FILTER = "Table for any program (*.csv);;Excel (*.xlsx)"
_MOST_EXCEL_ROWS = 2**20 - 1  # what a sheet of Excel holds below its heading
_NARROWEST, _WIDEST = 9, 40  # characters of a column of Excel, by eye


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


def require_table_ending(path: Path) -> None:
    """Refuse a name that is no table's.

    Raises:
        UserError: If it ends otherwise.
    """
    if path.suffix.lower() not in TABLE_ENDINGS:
        raise UserError(
            f"{path.name} is no name of a table.", hint="Let it end with .csv (any program) or .xlsx (Excel)."
        )


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as the file's ending says: ``.csv`` or ``.xlsx``.

    Raises:
        UserError: If the file cannot be written, has another ending, or has more rows than Excel takes.
    """
    require_table_ending(path)
    (write_csv if path.suffix.lower() == TABLE_ENDINGS[0] else write_excel)(path, rows, columns)


def write_excel(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as an Excel file with one sheet: numbers as numbers, the heading stays in view and can be filtered.

    Raises:
        UserError: If the file cannot be written, or there are more rows than Excel takes.
    """
    import xlsxwriter  # not needed before somebody asks for it

    buffer = io.BytesIO()
    # closed also after a refusal: its rows lie in an open temporary file until then
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        sheet, bold = book.add_worksheet("Table"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            # Characters of room beside the name.
            sheet.set_column(place, place, min(max(len(name) + 3, _NARROWEST), _WIDEST))
        sheet.write_row(0, 0, columns, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            if count > _MOST_EXCEL_ROWS:
                raise UserError(
                    f"{path.name} cannot be written: Excel takes no more than {_MOST_EXCEL_ROWS} rows.",
                    hint="Write a .csv file instead.",
                )
            for place, name in enumerate(columns):
                _write_cell(sheet, count, place, row.get(name))
        sheet.autofilter(0, 0, max(count, 1), max(len(columns) - 1, 0))
    write_bytes(path, buffer.getbuffer())


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(float(value)):
        sheet.write_number(row, column, int(value) if isinstance(value, numbers.Integral) else float(value))
    elif text := _cell(value):
        sheet.write_string(row, column, text)


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
        UnreadableFileError: If the file is missing, no text, or a pipe or a device, which is not even opened.
    """
    try:
        with io.TextIOWrapper(open_plain(path), encoding="utf-8-sig", newline="") as file:
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
    text = str(value)
    return text if text.isascii() else shown(text)
