"""Which channels are shown, and with which colours and contrast."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.core.imaging.look import ChannelLook, ImageLook, first_look
from desktop_app.gui.viewer.detail import WHOLE, Frame
from desktop_app.gui.viewer.tile_item import ShownPicture


class Channels(QObject):
    """Remembers a look per channel; contrast follows from percentiles until the user chooses it.

    Attributes:
        look: How the image is shown now.
        names: Of the channels.

    Signals:
        changed: Colours or contrast are others.
        drawn_changed: Other channels are drawn.
        sampled: Grey values of a channel have come.
    """

    changed = Signal()
    drawn_changed = Signal()
    sampled = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = first_look(1)
        self.names: tuple[str, ...] = ()
        self._samples: dict[int, NDArray[Any]] = {}
        self._windows: dict[int, Window] = {}
        self._colors = self._as_recorded = False

    @property
    def is_colors(self) -> bool:
        """Whether the image is a colour picture, which has no channels to choose."""
        return self._colors

    @property
    def chosen(self) -> ChannelLook:
        """The look of the channel that contrast is set for."""
        return self.look.channels[self.look.chosen]

    def show_alone(self, channel: int) -> None:
        """Show one channel alone; -1 shows all of them together."""
        alone = {"mode": "single", "chosen": channel}
        self.set_look(self.look.model_copy(update=alone if channel >= 0 else {"mode": "composite"}))

    def begin(self, volume: Volume | None) -> None:
        """Another image; 8-bit colours are shown from 0 to 255."""
        self._colors = volume is not None and volume.rgb
        self._as_recorded = volume is not None and self._colors and volume.dtype == np.uint8
        count = 1 if volume is None or self._colors else volume.channels
        given = volume.channel_names if volume is not None and not self._colors else ()
        self.names = tuple(given[n] if n < len(given) and given[n] else f"Channel {n + 1}" for n in range(count))
        self._samples.clear()
        self._windows.clear()
        self.look = first_look(count)

    def set_look(self, look: ImageLook) -> None:
        """Show all channels in another way."""
        look = look.fitted(len(self.names))
        before, self.look = self.look, look
        if before.shown != look.shown:
            self.drawn_changed.emit()
        if before != look:
            self.changed.emit()

    def change(self, number: int, **changes: object) -> None:
        """Show one channel in another way; ``changes`` are attributes of its look."""
        self.set_look(self.look.with_channel(number, **changes))

    def choose(self, number: int) -> None:
        """Set contrast for this channel from now on; it is the one seen where one is seen alone."""
        self.set_look(self.look.model_copy(update={"chosen": number}))

    def choose_window(self, window: Window) -> None:
        """Show these grey values of the chosen channel from black to white."""
        self.change(self.look.chosen, low=window.low, high=window.high)

    def take_sample(self, channel: int, sample: NDArray[Any]) -> None:
        """Grey values of a channel have come: they say its usual contrast."""
        self._samples[channel] = sample
        self._windows[channel] = Window(0.0, 255.0) if self._as_recorded else auto_window(sample)
        self.sampled.emit(channel)
        self.changed.emit()

    def sample(self, channel: int) -> NDArray[Any] | None:
        """Some grey values (flat) of a channel; None before they have come."""
        return self._samples.get(channel)

    def missing_samples(self) -> tuple[int, ...]:
        """The channels that are drawn, and whose grey values are not known."""
        wanted = dict.fromkeys((*self.look.shown, self.look.chosen))
        return tuple(number for number in wanted if number not in self._samples)

    def window(self, channel: int) -> Window | None:
        """The contrast of a channel; None before its grey values are known and none was chosen."""
        return self.look.channels[channel].window or self._windows.get(channel)

    def dressed(self, pictures: dict[int, NDArray[Any]], frame: Frame = WHOLE) -> tuple[ShownPicture, ...]:
        """Pictures by channel, each with its colours."""
        alone = self.look.mode == "single"
        return tuple(
            ShownPicture(
                picture, self.look.channels[n].shading(self.window(n) or auto_window(picture), alone=alone), frame
            )
            for n, picture in pictures.items()
        )
