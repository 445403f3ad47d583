"""What a click assistant that needs a while is asked, and what it answers.

Edges propose at once, within the tool. A model, a program in a file or a server takes a moment: the tool collects what
was said, somebody else asks, and the answer comes back to the tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from desktop_app.core.imaging.region import Index3, Mask, Plane, Region
from desktop_app.core.job import JobContext


@dataclass(frozen=True, slots=True)
class Prompt:
    """A click, or a box around something.

    Attributes:
        corners: The voxel (z, y, x) of a click, or two opposite corners of a box; all in one slice.
        adds: Whether it says “this, too”, or “not this”.
    """

    corners: tuple[Index3, ...]
    adds: bool = True

    @property
    def is_box(self) -> bool:
        """Whether it is a box."""
        return len(self.corners) > 1


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What is proposed.

    Attributes:
        region: The box around it.
        mask: (Z, Y, X) of the box; all False where nothing was found.
    """

    region: Region
    mask: Mask


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was said about one object so far.

    Attributes:
        prompts: The first one first.
        plane: In whose slices that was.
        through: Whether the object is wanted in the neighbouring slices, too.
        voxel_aspect: Edges of a voxel (z, y, x) in pixel widths.
        start: An object that there is already, whoever made it; the first prompt says which, the others correct it.
    """

    prompts: tuple[Prompt, ...]
    plane: Plane
    through: bool = False
    voxel_aspect: tuple[float, float, float] = (1.0, 1.0, 1.0)
    start: Answer | None = None

    def follows(self, earlier: Asked) -> bool:
        """Whether it is ``earlier`` with more prompts, or the same."""
        alike = (self.plane, self.through, self.voxel_aspect) == (earlier.plane, earlier.through, earlier.voxel_aspect)
        return alike and self.start is earlier.start and self.prompts[: len(earlier.prompts)] == earlier.prompts


class Assistant(Protocol):
    """Proposes the object that was clicked, in one image."""

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """What is proposed after all prompts.

        Raises:
            UserError: If it cannot see this, or is out of reach.
            JobCancelled: When asked to stop.
        """

    def close(self) -> None:
        """Give back what it holds."""
