"""Where the files that come with the program lie, for everything in the window."""

from __future__ import annotations

from desktop_app.io.resources import resource

__all__ = ["resource"]
