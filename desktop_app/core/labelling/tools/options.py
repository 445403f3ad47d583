"""Options that several tools share; each tool puts its own model together from these.

Options of the same name are one choice: the size set for the brush is the eraser's, too.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra

Limit: TypeAlias = Literal["chosen"] | int
"""Within what is painted: the objects chosen in the table, or a class by its number."""


class ToolOptions(Parameters):
    """What the user can set about a tool; nothing, unless a tool says more."""

    @property
    def spares_labels(self) -> bool:
        """Whether only empty voxels are painted."""
        return False

    @property
    def spares_others(self) -> bool:
        """Whether only the label in hand is emptied."""
        return False

    @property
    def then_new_object(self) -> bool:
        """Whether the next thing that is labelled is another object."""
        return False

    @property
    def limit(self) -> Limit | None:
        """What alone may be changed; None for all that is not locked."""
        return None


class OnlyWithin(ToolOptions):
    """For tools that paint or erase."""

    only_within: Limit | None = Field(
        default=None,
        title="Paint within",
        description="Leave all alone that lies outside: of a class, or of the objects chosen in the table of objects.",
    )

    @property
    def limit(self) -> Limit | None:
        """What alone may be changed."""
        return self.only_within


class OnlyEmpty(OnlyWithin):
    """For tools that paint."""

    only_empty: bool = Field(
        default=False, title="Only on empty", description="Paint only where nothing is labelled yet. Key O."
    )

    @property
    def spares_labels(self) -> bool:
        """Whether only empty voxels are painted."""
        return self.only_empty


class OnlyChosen(OnlyWithin):
    """For tools that erase."""

    only_chosen: bool = Field(
        default=False,
        title="Erase only the chosen label",
        description="Leave all other objects and classes alone when erasing. On where things touch.",
    )

    @property
    def spares_others(self) -> bool:
        """Whether only the label in hand is emptied."""
        return self.only_chosen


class RoundTip(ToolOptions):
    """Size, depth and shape of a tip."""

    # 400 px is about the largest thing that is still painted by hand on a screen; a larger one is filled or outlined.
    size_px: float = Field(
        default=20.0, ge=1, le=400, title="Size", json_schema_extra=field_extra("px"),
        description="About half as wide as the things you label. Keys [ and ], or Alt+wheel.",
    )  # fmt: skip
    brush_3d: bool = Field(
        default=False, title="Ball (3D)", json_schema_extra=field_extra(volume=True),
        description="Paint a ball through the neighbouring slices instead of a disc in one slice.",
    )  # fmt: skip

    square: bool = Field(
        default=False, title="Square tip", description="A square, or a cube in 3D. For corners, and single voxels."
    )
    pressure: bool = Field(
        default=True,
        title="Pen pressure",
        description="A pen on a tablet draws a finer line where it is pressed less. Without a pen it changes nothing.",
    )

    def pressed_px(self, pressure: float) -> float:
        """Diameter under a pen that is pressed so hard, from 0 to 1; never finer than a pixel."""
        return max(1.0, self.size_px * pressure) if self.pressure else self.size_px
