"""The two palettes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

ColorRole: TypeAlias = Literal["text", "muted", "disabled", "accent", "on_accent", "danger", "warning", "success"]


@dataclass(frozen=True, slots=True)
class Colors:
    """Named colours as ``#rrggbb``.

    Attributes:
        dark: Whether this is the dark palette.
        window: Behind everything.
        surface: Panels, lists and cards.
        raised: Headers and bars on a surface.
        field: Inside of text fields and lists.
        hover: Under the pointer.
        border: Quiet lines.
        border_strong: Outlines of things to click on.
        text: Words.
        muted: Advice and captions.
        disabled: What cannot be used now.
        accent: The one colour that says "this".
        accent_hover: The accent under the pointer.
        accent_soft: Selected rows.
        on_accent: Words on the accent.
        danger: Failures and what destroys.
        warning: Take care.
        success: Done.
        canvas: Behind images.
        series: Curves, in order.
    """

    dark: bool
    window: str
    surface: str
    raised: str
    field: str
    hover: str
    border: str
    border_strong: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    danger: str
    warning: str
    success: str
    canvas: str
    series: tuple[str, ...]

    def by_name(self) -> dict[str, str]:
        """Every plain colour by its name, for the stylesheet."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, str)}


LIGHT = Colors(
    dark=False,
    window="#f3f5f7",
    surface="#ffffff",
    raised="#f8f9fb",
    field="#ffffff",
    hover="#e9edf1",
    border="#dde2e8",
    border_strong="#c1c9d2",
    text="#1b2430",
    muted="#586474",
    disabled="#a3acb8",
    accent="#0b7285",
    accent_hover="#095c6c",
    accent_soft="#d5ecf0",
    on_accent="#ffffff",
    danger="#c0302b",
    warning="#9a6200",
    success="#2a7d3f",
    canvas="#15181d",
    series=("#0b7285", "#d9480f", "#6741d9", "#2b8a3e", "#c2255c", "#846206"),
)

DARK = Colors(
    dark=True,
    window="#181b20",
    surface="#1f2329",
    raised="#252a31",
    field="#191c21",
    hover="#2e343d",
    border="#323842",
    border_strong="#4a525f",
    text="#e7eaef",
    muted="#9ea8b6",
    disabled="#646d7a",
    accent="#3bb3c3",
    accent_hover="#58c7d6",
    accent_soft="#1c434b",
    on_accent="#07191c",
    danger="#f2726c",
    warning="#e3ab48",
    success="#62c07c",
    canvas="#0e1013",
    series=("#3bb3c3", "#ff9458", "#a78bfa", "#6fcf86", "#f277a8", "#e0bd4f"),
)
