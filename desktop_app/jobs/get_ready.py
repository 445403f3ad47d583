"""Reading the libraries that drawing and correcting need, so that the first use of a tool is as quick as the next.

The window opens without them; each takes 0.05 to 0.5 s to read, which a first stroke or correction would wait for.
"""

from __future__ import annotations

import importlib

from desktop_app.core.job import JobContext, Progress

NEEDED = (
    ("scipy.ndimage", "label"),
    ("edt", "edt"),
    ("fastremap", "renumber"),
    ("cc3d", "connected_components"),
    ("skimage.draw", "polygon"),
    ("skimage.graph", "MCP_Geometric"),
    ("skimage.segmentation", "watershed"),
)
"""Modules, and what is used of them: scikit-image reads a module when something of it is first asked for. In the order
in which a user is likely to need them."""


def get_ready(ctx: JobContext) -> None:
    """Read them.

    Raises:
        JobCancelled: When asked to stop; what was read stays.
    """
    for done, (module, name) in enumerate(NEEDED):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(NEEDED), "Get the tools ready"))
        getattr(importlib.import_module(module), name)
