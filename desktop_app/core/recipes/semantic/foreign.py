"""Settings of other programs for this method: easyreg's segmentation and that of mmv_im2im."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.core.recipes.foreign_settings import ForeignSettings, table_in
from desktop_app.core.recipes.semantic.easyreg_settings import of_easyreg
from desktop_app.core.recipes.semantic.mmv_settings import FRAMEWORKS, of_mmv


def settings_of(document: Mapping[str, Any]) -> ForeignSettings | None:
    """Settings in a file of easyreg or mmv_im2im; None if it is neither, or for another method."""
    tasks, data = table_in(document, "tsk_set"), table_in(document, "dataset")
    if tasks and (table_in(tasks, "seg") or data.get("task_type") == "seg" or "seg" in str(tasks.get("method_name"))):
        return of_easyreg(document)
    framework = str(table_in(document, "model").get("framework", "")).lower()
    if framework in FRAMEWORKS and table_in(document, "data"):
        return of_mmv(document)
    return None
