"""One thing that the user can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """How an action is named, shown and reached.

    Attributes:
        id: Unique, such as ``edit.undo``.
        text: In menus, with ``…`` where a dialog follows.
        icon: Meaning of the icon, None without.
        shortcuts: Default key sequences in Qt's portable spelling, such as ``Ctrl+Z``; the first one is shown.
        tip: One sentence for the tooltip and the shortcut sheet.
        group: Heading in the shortcut sheet.
        checkable: Whether it is switched on and off.
    """

    id: str
    text: str
    icon: str | None = None
    shortcuts: tuple[str, ...] = ()
    tip: str = ""
    group: str = "General"
    checkable: bool = False
