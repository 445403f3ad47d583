"""What would suit an image better than a model's own settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from desktop_app.core.config.inference import RunMode


@dataclass(frozen=True, slots=True)
class Advice:
    """One setting that would suit an image better than the model's own.

    Attributes:
        group: Where the setting belongs.
        key: Its name; ``mode`` in the group ``mode``.
        value: What is suggested.
        reason: One sentence why.
    """

    group: Literal["mode", "prediction", "decode"]
    key: str
    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings that suit an image, where they differ from the model's own.

    Attributes:
        advice: One per setting.
    """

    advice: tuple[Advice, ...] = ()

    @property
    def mode(self) -> RunMode | None:
        """The way through the image; None leaves it as it is."""
        return next((advice.value for advice in self.advice if advice.group == "mode"), None)

    @property
    def prediction(self) -> dict[str, Any]:
        """Changes to how the network sees the image."""
        return {advice.key: advice.value for advice in self.advice if advice.group == "prediction"}

    @property
    def decode(self) -> dict[str, Any]:
        """Changes to how objects are made."""
        return {advice.key: advice.value for advice in self.advice if advice.group == "decode"}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, one sentence each."""
        return tuple(advice.reason for advice in self.advice)
