"""The manual's pictures: each is shown somewhere, and they are light."""

from __future__ import annotations

import re
from pathlib import Path

import screenshots
import wizard_pictures

HELP = Path(__file__).resolve().parents[2] / "resources" / "help"
_MOST = 2_500_000  # bytes of all pictures: the installed program is to stay light


def _shown() -> set[str]:
    pages = (page.read_text(encoding="utf-8") for page in HELP.glob("*.md"))
    return {name for text in pages for name in re.findall(r"\(images/([\w-]+)\.png\)", text)}


def test_every_picture_is_there_and_shown() -> None:
    assert {path.stem for path in (HELP / "images").iterdir()} == _shown()


def test_the_script_draws_them_anew() -> None:
    assert _shown() <= {*screenshots.NAMES, *wizard_pictures.NAMES, *wizard_pictures.PANOPTIC_NAMES}


def test_they_are_light() -> None:
    sizes = {path.name: path.stat().st_size for path in (HELP / "images").iterdir()}
    assert sum(sizes.values()) <= _MOST, sorted(sizes.items(), key=lambda one: -one[1])[:5]
