from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.core.imaging.contrast import Window, to_uint8
from desktop_app.core.imaging.look import ChannelLook, ImageLook, Shading, first_look

GREYS = np.array([-10.0, 0.0, 25.0, 50.0, 75.0, 100.0, 900.0, np.nan], np.float32)


def test_a_plain_shading_is_the_window_alone() -> None:
    values = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(Shading(Window(100, 4000)).places(values), to_uint8(values, Window(100, 4000)))


def test_gamma_below_one_brightens_what_is_dark() -> None:
    places = Shading(Window(0, 100), gamma=0.5).places(GREYS)
    assert places.tolist() == [0, 0, 128, 180, 221, 255, 255, 0]


def test_inverted_runs_backwards() -> None:
    shading = Shading(Window(0, 100), gamma=2.0)
    backwards = Shading(Window(0, 100), gamma=2.0, inverted=True)
    assert (shading.places(GREYS) + backwards.places(GREYS) == 255).all()


@given(st.floats(0.1, 10), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_brighter_is_never_shown_darker(gamma: float, low: float, width: float) -> None:
    values = np.linspace(low - width, low + 2 * width, 200)
    places = Shading(Window(low, low + width), gamma=gamma).places(values)
    assert (np.diff(places.astype(int)) >= 0).all()


def test_one_channel_is_shown_at_first_and_all_visible_ones_in_a_composite() -> None:
    look = first_look(3)
    assert look.shown == (0,)
    assert [channel.color for channel in look.channels] == ["green", "magenta", "cyan"]
    composite = look.with_channel(1, visible=False).model_copy(update={"mode": "composite"})
    assert composite.shown == (0, 2)


def test_a_channel_alone_is_grey_unless_it_has_a_map_of_many_colours() -> None:
    window = Window(0, 1)
    assert ChannelLook(color="green").shading(window, alone=True).color == "grey"
    assert ChannelLook(color="green").shading(window, alone=False).color == "green"
    assert ChannelLook(color="magma").shading(window, alone=True).color == "magma"


def test_a_look_fits_images_that_have_changed() -> None:
    look = first_look(4).with_channel(0, gamma=0.5).model_copy(update={"mode": "composite", "chosen": 3})
    fewer = look.fitted(1)
    assert (fewer.mode, fewer.chosen, len(fewer.channels)) == ("single", 0, 1)
    assert fewer.channels[0].gamma == 0.5
    assert ImageLook().fitted(3) == first_look(3)


@pytest.mark.parametrize("wrong", [{"gamma": 0.0}, {"low": float("nan")}, {"gamma": 11.0}])
def test_looks_that_show_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        first_look(1).with_channel(0, **wrong)
