"""Libraries that assistants need and that may not be there."""

from __future__ import annotations

import sys

from desktop_app.core.errors import UserError


def missing_library(what: str, library: str) -> UserError:
    """What to say where a library is not installed.

    Args:
        what: What needs it, as the beginning of a sentence in the plural.
        library: Its name on the package index.
    """
    if getattr(sys, "frozen", False):
        hint = "The installed program comes without it. Let the click tool propose by edges or by the project's model."
    else:
        hint = "Install it with: pip install voxelwright[assistants]"
    return UserError(f"{what} need the library “{library}”, which is not installed.", hint=hint)
