"""A table is read when somebody first looks, once, and then is a table like any other."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.late_table import LateTable


@dataclass(frozen=True)
class Row:
    name: str


def test_rows_are_read_once_and_by_the_first_look() -> None:
    readings: list[int] = []

    def read() -> tuple[Row, ...]:
        readings.append(1)
        return Row("second"), Row("first")

    table = LateTable(read)
    assert readings == []
    assert list(table) == ["second", "first"]
    assert (table["first"], table.get("third"), "second" in table, len(table)) == (Row("first"), None, True, 2)
    assert [row.name for row in table.values()] == ["second", "first"]
    assert len(readings) == 1


def test_a_row_put_into_it_before_anybody_looked_stands_beside_the_others() -> None:
    table = LateTable(lambda: (Row("one"),))
    table["two"] = Row("two")
    assert list(table) == ["one", "two"]
    del table["one"]
    assert dict(table) == {"two": Row("two")}
