"""Everything Qt."""

import builtins

import PySide6.QtCore  # noqa: F401  sets the name below

# PySide reads the source of each module that is imported after it and keeps it in memory, to see whether its switch
# `from __feature__ import snake_case` may matter there. That is not used here, and takes 0.15 s and 26 MB of a start.
_plain_import = getattr(builtins, "__orig_import__", None)
if _plain_import is not None:
    builtins.__import__ = _plain_import
