"""One operation on objects with its parameters, as it is saved."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from desktop_app.core.config.base import Parameters


class ObjectStep(Parameters):
    """Which operation, and how."""

    operation: str = Field(title="Operation", description="Its name in the table of operations.")
    parameters: dict[str, Any] = Field(default_factory=dict)
