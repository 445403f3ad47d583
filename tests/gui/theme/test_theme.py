"""The theme: readable colours, icons that follow, a stylesheet without holes."""

from __future__ import annotations

import re

import pytest
import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.theme import DARK, LIGHT, icon, theme
from desktop_app.gui.theme.icon_names import ICON_NAMES
from desktop_app.gui.theme.stylesheet import stylesheet


def luminance(color: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    c = QColor(color)
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF())


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("front", ["text", "muted", "danger", "warning", "success", "accent"])
@pytest.mark.parametrize("back", ["window", "surface", "raised", "field"])
def test_words_are_readable(colors, front, back):
    assert contrast(getattr(colors, front), getattr(colors, back)) >= 4.5


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_words_on_the_accent_are_readable(colors):
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert contrast(colors.text, colors.accent_soft) >= 4.5


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_the_stylesheet_is_complete(qapp, colors):
    sheet = stylesheet(colors)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    for start in range(len(sheet)):
        if sheet.startswith("url(", start):
            path = sheet[start + 4 : sheet.index(")", start)]
            assert QIcon(path).availableSizes(), path


def test_no_state_changes_the_font(qapp):
    """Qt takes the room for a text from the font without states: a bolder one would be cut off."""
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", stylesheet(LIGHT))
    assert rules
    assert [where.strip() for where, what in rules if re.search(r"(?<!:):[a-z]", where) and "font" in what] == []


def test_every_icon_exists(qapp):
    charmap = qtawesome._instance().charmap["mdi6"]
    glyphs = [*ICON_NAMES.values(), *(info.icon for info in TOOLS.values())]
    assert [full for full in glyphs if full.removeprefix("mdi6.") not in charmap] == []


def test_a_squeezed_button_has_no_icon(qapp):
    assert icon("open").pixmap(QSize(-5, 27)).isNull()
    assert not icon("open").pixmap(QSize(16, 16)).isNull()


def brightest(drawn: QIcon) -> int:
    image = drawn.pixmap(24, 24).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max((p.lightness() for p in pixels if p.alpha() > 200), default=-1)


def test_an_icon_follows_the_theme_without_being_set_again(qapp, qtbot):
    drawn = icon("open")
    before = theme().mode
    try:
        theme().apply("light")
        light = brightest(drawn)
        with qtbot.waitSignal(theme().changed):
            theme().apply("dark")
        assert brightest(drawn) > light + 100
    finally:
        theme().apply(before)
