"""What the user can set about each tool."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra


class NoOptions(Parameters):
    """A tool without options."""


class OnlyEmptyOptions(Parameters):
    """For tools that paint."""

    only_empty: bool = Field(
        default=False, title="Only on empty", description="Paint only where nothing is labelled yet. Key O."
    )


class EraserOptions(Parameters):
    """Size and depth of a round tip."""

    size_px: int = Field(
        default=20, ge=1, le=400, title="Size", json_schema_extra=field_extra("px"),
        description="About half as wide as the things you label. Keys [ and ], or Alt+wheel.",
    )  # fmt: skip
    brush_3d: bool = Field(
        default=False, title="Ball (3D)",
        description="Paint a ball through the neighbouring slices instead of a disc in one slice.",
    )  # fmt: skip


class BrushOptions(EraserOptions, OnlyEmptyOptions):
    """Size, depth and caution of the brush."""


class FillOptions(OnlyEmptyOptions):
    """How far a fill reaches."""

    fill_3d: bool = Field(
        default=False, title="All slices (3D)",
        description="Fill through the neighbouring slices too. Off is safer: an open outline leaks in one slice only.",
    )  # fmt: skip
