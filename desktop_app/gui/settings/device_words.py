"""Where models are computed, in words."""

from __future__ import annotations


def device_words(device: str) -> str:
    """The device setting for the status bar; nothing is loaded or tested for it."""
    if device == "auto":
        return "Device: automatic"
    return "CPU" if device == "cpu" else f"GPU ({device})"
