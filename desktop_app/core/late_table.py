"""Tables whose rows are read when somebody first looks: the window opens before families and formats are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, ValuesView
from typing import Protocol, TypeVar


class NamedRow(Protocol):
    """A row: it has a name by which it is found."""

    @property
    def name(self) -> str:
        """Of the row; no two of a table are alike."""


RowT = TypeVar("RowT", bound=NamedRow)


class LateTable(MutableMapping[str, RowT]):
    """Rows by name, in their order.

    Args:
        read: Imports the rows, with plain imports inside the function, so that the bundler, mypy and the rules of
            layers see them all.
    """

    def __init__(self, read: Callable[[], Iterable[RowT]]) -> None:
        self._read = read
        self._rows: dict[str, RowT] | None = None

    @property
    def _known(self) -> dict[str, RowT]:
        """The rows; two threads that look first at the same time read the same ones, and one reading counts."""
        if self._rows is None:
            rows = {row.name: row for row in self._read()}
            if self._rows is None:
                self._rows = rows
        return self._rows

    def __getitem__(self, name: str) -> RowT:
        return self._known[name]

    def __setitem__(self, name: str, row: RowT) -> None:
        self._known[name] = row

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def values(self) -> ValuesView[RowT]:
        """The rows, as fast as a dictionary gives them: each file of a folder asks for its format."""
        return self._known.values()
