"""Proposals by an nnInteractive server through its small client, which needs no torch.

F. Isensee et al., nnInteractive: Redefining 3D promptable segmentation, 2025. The server sees a box of the image around
the first click, in all directions, so that images of any size do; prompts are added to those before, and replayed from
the start where one was taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.region import Index3
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.core.labelling.tools.click_window import seen_in
from desktop_app.jobs.assistants.missing import missing_library

# Voxels (z, y, x) around the first click that are sent: the network sees 192 a side, and zooms out by itself.
_REACH = (96, 256, 256)


class ServerAssistant:
    """Asks a server.

    Args:
        address: As ``http://computer:1527``.
        volume: The image.
        channel: Of it.

    Raises:
        UserError: If the server does not answer, or the client is not installed.
    """

    def __init__(self, address: str, volume: Volume, channel: int) -> None:
        self._address, self._volume, self._channel = address, volume, channel
        self._session: Any = None
        self._box: Region | None = None
        self._found: NDArray[np.uint8] = np.zeros((0, 0, 0), np.uint8)
        self._told = Asked((), Plane.XY)
        self._connect()

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """What the server finds; in a single slice unless it is wanted through all.

        Raises:
            UserError: If the server does not answer.
        """
        ctx.raise_if_cancelled()
        try:
            self._tell(asked, ctx)
        except Exception as error:
            self._box, self._told = None, Asked((), Plane.XY)
            raise self._explained(error) from error
        return self._answer(asked)

    def close(self) -> None:
        """Give the place on the server back to others."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connect(self) -> None:
        try:
            from nnInteractive.inference.remote.remote_session import nnInteractiveRemoteInferenceSession
        except ImportError as error:
            raise missing_library("Questions to an nnInteractive server", "nninteractive-client") from error
        if not self._address.startswith(("http://", "https://")):
            raise UserError(f"“{self._address}” is no address of a server.", hint="Write it as http://computer:1527.")
        try:
            self._session = nnInteractiveRemoteInferenceSession(self._address)
        except Exception as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> UserError:
        """What went wrong on the way to the server, in words."""
        if isinstance(error, UserError):
            return error
        return UserError(
            f"The server {self._address} did not answer as an nnInteractive server does.",
            hint="Is it running, reachable from here, and has it a place free? A key that it wants stands in the "
            "variable NN_INTERACTIVE_API_KEY.",
            details=repr(error),
        )

    def _tell(self, asked: Asked, ctx: JobContext) -> None:
        if self._session is None:
            self._connect()
        box = self._box
        if box is None or not all(box.contains(corner) for p in asked.prompts for corner in p.corners):
            self._send(asked, ctx)
        elif not asked.follows(self._told) or not self._told.prompts:
            self._session.reset_interactions()
            self._told = _none_of(asked)
        if asked.start is not None and not self._told.prompts:
            self._begin_with(asked.start)
        for number in range(len(self._told.prompts), len(asked.prompts)):
            ctx.raise_if_cancelled()
            self._say(asked, asked.prompts[number])
            self._told = replace(asked, prompts=asked.prompts[: number + 1])

    def _send(self, asked: Asked, ctx: JobContext) -> None:
        """Send the box around all prompts, and begin anew."""
        whole = self._volume.shape
        box = Region.single(asked.prompts[0].corners[0])
        for prompt in asked.prompts:
            for corner in prompt.corners:
                box = box.union(Region.single(corner))
        box = box.expand(_REACH, whole)
        ctx.report(Progress(0, 0, "Sending the image"))
        values = self._volume.read(box, self._channel)
        sent = values.astype(np.float32) if values.dtype.kind == "b" else values
        spacing = list(self._volume.voxel_size.zyx)
        self._session.set_image(np.ascontiguousarray(sent)[None], {"spacing": spacing})
        self._found = np.zeros(box.shape, np.uint8)
        self._session.set_target_buffer(self._found)
        self._box, self._told = box, _none_of(asked)

    def _begin_with(self, start: Answer) -> None:
        """Give the object that is corrected; prompts change it."""
        assert self._box is not None
        self._session.add_initial_seg_interaction(seen_in(start.region, start.mask, self._box).astype(np.uint8))

    def _say(self, asked: Asked, prompt: Prompt) -> None:
        assert self._box is not None
        corners = [_counted_from(corner, self._box.start) for corner in prompt.corners]
        if not prompt.is_box:
            self._session.add_point_interaction(list(corners[0]), include_interaction=prompt.adds)
            return
        ends = [[min(along), max(along) + 1] for along in zip(*corners, strict=True)]
        self._session.add_bbox_interaction(ends, include_interaction=prompt.adds)

    def _answer(self, asked: Asked) -> Answer:
        """The box around what was found."""
        assert self._box is not None
        found = self._found > 0
        start = list(self._box.start)
        if not asked.through:
            axis = asked.plane.depth_axis
            depth = asked.prompts[-1].corners[0][axis] - start[axis]
            found = found.take([depth], axis)
            start[axis] += depth
        if not found.any():
            region = Region.single(asked.prompts[0].corners[0])
            return Answer(region, np.zeros(region.shape, bool))
        ends = [np.flatnonzero(found.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        inside = Region(_index(int(e[0]) for e in ends), _index(int(e[-1]) + 1 for e in ends))
        return Answer(inside.shift(_index(iter(start))), found[inside.slices].copy())


def _none_of(asked: Asked) -> Asked:
    return replace(asked, prompts=())


def _counted_from(voxel: Index3, start: Index3) -> Index3:
    return _index(v - s for v, s in zip(voxel, start, strict=True))


def _index(values: Any) -> Index3:
    z, y, x = values
    return z, y, x
