"""Parameters that several losses have, declared once."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from desktop_app.core.config.base import field_extra


def gamma_field() -> Any:
    """How much a focal loss leaves easy voxels out of account (Lin et al. 2017, arXiv 1708.02002)."""
    return Field(
        default=2.0,
        ge=0,
        le=5,
        title="Focus",
        json_schema_extra=field_extra(advanced=True, step=0.5),
        description="2 as published; higher leaves voxels that are already right more out of account.",
    )


def balance_field() -> Any:
    """How much rare classes count beside frequent ones."""
    return Field(
        default=0.0,
        ge=0,
        le=1,
        title="Weight of rare classes",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0 counts all voxels alike; 0.5 helps classes below a tenth of the image, 1 makes all equal.",
    )
