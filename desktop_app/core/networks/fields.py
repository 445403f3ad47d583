"""Arguments that many networks have, declared once; the advice is each network's own."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field

from desktop_app.core.config.base import field_extra

PublishedNorm: TypeAlias = Literal["batch", "published"]


def channels_field(default: int, most: int, advice: str) -> Any:
    """How wide the first level is."""
    return Field(
        default=default,
        ge=4,
        le=most,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description=advice,
    )


def levels_field(default: int, most: int, advice: str) -> Any:
    """How many times, and once more, the image is looked at, each time shrunk."""
    return Field(
        default=default,
        ge=2,
        le=most,
        title="Levels",
        json_schema_extra=field_extra(advanced=True),
        description=advice,
    )


def dropout_field(advice: str, default: float = 0.0, title: str = "Dropout") -> Any:
    """Which share of channels is left out at random while learning."""
    return Field(
        default=default,
        ge=0,
        le=0.8,
        title=title,
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description=advice,
    )


def deep_supervision_field(advice: str, *, default: bool) -> Any:
    """Whether levels below the finest give logits of their own while learning."""
    return Field(
        default=default,
        title="Learn at coarse levels, too",
        json_schema_extra=field_extra(advanced=True),
        description=advice,
    )


def published_norm_field() -> Any:
    """Which normalisation a network of the literature has: that of the networks here, or its own."""
    return Field(
        default="batch",
        title="Normalisation",
        json_schema_extra=field_extra(advanced=True),
        description="Batch normalisation sees a place alike whatever lies around it, so that empty places stay empty. "
        "“published” is what the authors used, and what published weights need; where it looks at a whole tile, a new "
        "network cannot begin with it.",
    )
