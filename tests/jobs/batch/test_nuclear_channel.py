from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.jobs.batch.nuclear_channel import channel_titles, channel_words, channels_for, usual_channel
from tests.cards import semantic_card


def stack(*names: str) -> Volume:
    return Volume.from_array(np.zeros((max(2, len(names)), 1, 8, 8), np.uint8), channel_names=names)


def colors(red: float, green: float, blue: float, ground: float = 0.0) -> Volume:
    """A square of a colour on a ground; 0 to 1."""
    picture = np.full((3, 1, 40, 40), ground, np.float32)
    picture[:, :, 10:20, 10:20] = np.array([red, green, blue])[:, None, None, None]
    return Volume.from_array((picture * 255).astype(np.uint8), rgb=True)


@pytest.mark.parametrize(
    ("names", "channel"),
    [
        (("Membrane", "DAPI"), 1),
        (("GFP", "Hoechst 33342", "DAPI"), 1),
        (("actin", "H2B-mCherry"), 1),
        (("actin", "anti-Nuclear"), 1),
        (("actin", "tubulin"), 0),
        ((), 0),
    ],
)
def test_the_channel_of_a_nuclear_stain_is_taken(names: tuple[str, ...], channel: int) -> None:
    assert usual_channel(stack(*names)) == channel


def test_of_a_colour_picture_the_colour_is_taken_that_shows_nuclei() -> None:
    assert usual_channel(colors(0.0, 0.9, 0.6)) == 2
    assert usual_channel(colors(0.0, 0.9, 0.05)) == 1
    assert usual_channel(colors(0.3, 0.2, 0.5, ground=1.0)) == 0


def test_a_model_gets_one_channel_where_there_is_a_choice() -> None:
    one, two = semantic_card(), semantic_card(input_channels=2)
    assert channels_for(one, stack("Membrane", "DAPI"), None) == (1,)
    assert channels_for(one, stack("Membrane", "DAPI"), 0) == (0,)
    assert channels_for(two, stack("Membrane", "DAPI"), None) is None
    assert channels_for(one, Volume.from_array(np.zeros((8, 8), np.uint8)), None) is None
    with pytest.raises(UserError, match="no channel 3: it has 2 channels, counted from 1"):
        channels_for(one, stack("Membrane", "DAPI"), 2)


def test_channels_are_named_as_the_user_sees_them() -> None:
    assert channel_titles(stack("", "DAPI")) == ("Channel 1", "DAPI")
    assert channel_titles(colors(0, 0, 1)) == ("Red", "Green", "Blue")
    assert channel_words(stack("Membrane", "DAPI"), (1,)) == "Nuclei are looked for in one of 2 channels: DAPI."
    assert channel_words(colors(0, 0, 1), (2,)) == "Nuclei are looked for in the colour blue."
    assert channel_words(stack(), None) == ""
