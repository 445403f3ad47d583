from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.core.imaging.look import Shading
from desktop_app.gui.viewer.geometry import Box2
from desktop_app.gui.viewer.raster import LabelStyle
from desktop_app.gui.viewer.tile_item import LabelItem, PictureItem, ShownPicture


def drawn(item: LabelItem | PictureItem) -> np.ndarray:
    """The pixels of the item on an image of 200 x 200."""
    image = QImage(200, 200, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(4.0, 4.0)
    item.paint(painter, None)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint32).reshape(200, 200).copy()


@settings(max_examples=40, deadline=None)
@given(
    style=st.sampled_from([LabelStyle.FILLED, LabelStyle.CONTOUR, LabelStyle.STRIPED]),
    scales=st.sampled_from([(0.4, 0.4), (1.0, 1.0), (4.0, 4.0), (6.3, 0.5)]),
    boxes=st.lists(st.tuples(st.integers(0, 44), st.integers(0, 44), st.integers(1, 9)), min_size=1, max_size=4),
)
def test_patches_give_the_same_picture_as_drawing_all_anew(
    qapp, style: LabelStyle, scales: tuple[float, float], boxes: list[tuple[int, int, int]]
) -> None:
    labels = np.random.default_rng(1).integers(0, 4, (10, 10), dtype=np.uint32).repeat(5, 0).repeat(5, 1)
    patched, fresh = LabelItem(), LabelItem()
    for item in (patched, fresh):
        item.set_look(color_table(), style, 0.5)
        item.set_labels(labels)
        item.set_view(Box2(0, 0, 50, 50), scales)
    drawn(patched)
    for number, (top, left, size) in enumerate(boxes, start=5):
        box = Box2(top, left, min(50, top + size), min(50, left + size))
        labels[box.top : box.bottom, box.left : box.right] = number
        patched.patch(box)
    np.testing.assert_array_equal(drawn(patched), drawn(fresh))


def test_hidden_labels_are_not_drawn(qapp) -> None:
    item = LabelItem()
    item.set_labels(np.ones((50, 50), np.uint32))
    item.set_view(Box2(0, 0, 50, 50), (4.0, 4.0))
    assert drawn(item).any()
    item.set_look(color_table(), LabelStyle.OFF, 0.5)
    assert not drawn(item).any()


def grey(picture: np.ndarray) -> ShownPicture:
    return ShownPicture(picture, Shading(Window(0, 255)))


def test_a_pan_within_the_margin_renders_nothing_anew(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    item = PictureItem()
    item.set_shown((grey(np.zeros((50, 50), np.uint8)),))
    item.set_view(Box2(0, 0, 20, 20), (1.0, 1.0))
    drawn(item)
    item.set_view(Box2(10, 0, 30, 20), (1.0, 1.0))
    drawn(item)
    monkeypatch.setattr(PictureItem, "_render", lambda *_: pytest.fail("rendered anew"))
    item.set_view(Box2(12, 0, 32, 20), (1.0, 1.0))
    drawn(item)


def test_a_small_picture_loses_its_noise_once_nothing_changes(qapp, qtbot) -> None:
    item = PictureItem()
    noise = np.zeros((200, 200), np.uint8)
    noise[::2, ::2] = 200
    item.set_shown((grey(noise),))
    item.set_view(Box2(0, 0, 200, 200), (0.4, 0.4))
    at_once = drawn(item)[20:60, 20:60] & 255
    assert at_once.min() == 200
    qtbot.waitUntil(lambda: item._average, timeout=2000)
    calm = drawn(item)[20:60, 20:60] & 255
    assert abs(int(calm.mean()) - 50) <= 1


def test_channels_are_added_up_and_never_wrap_around(qapp) -> None:
    item = PictureItem()
    pictures = [np.full((50, 50), value, np.uint8) for value in (255, 200, 100)]
    colors = ("green", "cyan", "magenta")
    item.set_shown(tuple(ShownPicture(p, Shading(Window(0, 255), c)) for p, c in zip(pictures, colors, strict=True)))
    item.set_view(Box2(0, 0, 50, 50), (1.0, 1.0))
    assert set(np.unique(drawn(item))) == {0xFF64FFFF}


def test_one_object_alone(qapp) -> None:
    item = LabelItem()
    labels = np.ones((50, 50), np.uint32)
    labels[:, 25:] = 1024  # shares its colour with 1
    item.set_labels(labels)
    item.set_view(Box2(0, 0, 50, 50), (4.0, 4.0))
    item.set_look(color_table(), LabelStyle.FILLED, 1.0, only=1024)
    assert not drawn(item)[:, :100].any()
    assert drawn(item)[:, 100:].all()
    labels[:, 40:] = 1
    item.patch(Box2(0, 40, 50, 50))
    assert drawn(item)[:, 100:160].all()
    assert not drawn(item)[:, 160:].any()
