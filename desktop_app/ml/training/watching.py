"""What a validation shows, caught on its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.overlay import overlay
from desktop_app.core.job import JobContext, JobEvent, Preview


@dataclass(slots=True)
class Watching:
    """Passes everything on, and remembers the first preview.

    Attributes:
        ctx: Hears everything.
        seen: The preview; None before there is one.
    """

    ctx: JobContext
    seen: Preview | None = None

    def report(self, event: JobEvent) -> None:
        """Pass on."""
        if isinstance(event, Preview) and self.seen is None:
            self.seen = event
        self.ctx.report(event)

    def raise_if_cancelled(self) -> None:
        """Stop where the job is asked to stop."""
        self.ctx.raise_if_cancelled()

    def picture(self) -> NDArray[np.uint8] | None:
        """The preview ``(Y, X, 3)`` with coloured labels, None where there was none."""
        return None if self.seen is None else overlay(self.seen.image, self.seen.labels)
