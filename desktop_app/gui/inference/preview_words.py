"""A preview in words; no Qt."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from desktop_app.core.config.model_card import ModelCard
from desktop_app.gui.inference.model_modes import gives_classes

if TYPE_CHECKING:
    from desktop_app.gui.inference.preview_engine import PreviewAnswer


def answer_text(answer: PreviewAnswer, card: ModelCard | None, *, cut: bool = False) -> str:
    """What was found and how long it took; ``cut`` if only the middle of what was wished for is shown."""
    one, many = ("class", "classes") if gives_classes(card, answer.request.decode) else ("object", "objects")
    found = f"1 {one}" if answer.objects == 1 else f"{answer.objects:,} {many}"
    counts = Counter(answer.class_of.values())
    if one == "object" and len(counts) > 1:
        found += f" ({', '.join(f'{number:,} {name}' for name, number in counts.most_common())})"
    seconds = seconds_text(answer.network_seconds + answer.decode_seconds)
    text = f"{found} · {'in' if answer.network_seconds else 'made anew in'} {seconds}"
    if cut:
        sides = sorted(answer.request.region.shape)[1:]
        text += f"\nOnly the middle, {sides[1]:,} × {sides[0]:,} pixels: the rest is too large for a preview."
    return text


def seconds_text(seconds: float) -> str:
    """A short time: ``18 ms``, ``1.2 s``, ``2 min 5 s``."""
    if seconds < 0.0995:  # what one decimal of a second would round to 0.1
        return f"{max(1, round(1000 * seconds))} ms"
    if seconds < 99.5:  # with three figures at most
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
