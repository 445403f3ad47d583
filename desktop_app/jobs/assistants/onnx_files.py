"""Proposals by a model of the Segment Anything kind in two ONNX files: an encoder once a picture, a decoder each click.

Names and meaning of inputs and outputs are those of the published export (A. Kirillov et al., Segment Anything, ICCV
2023; ``scripts/export_onnx_model.py`` there): the decoder takes the encoder's output by its name, ``point_coords`` (x
and y in the encoder's picture), ``point_labels`` (1 add, 0 take away, 2 and 3 corners of a box, -1 filling),
``mask_input``, ``has_mask_input`` and ``orig_im_size``, and gives ``masks`` (logits), ``iou_predictions`` and
``low_res_masks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.region import Mask
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.core.labelling.proposing import Clicks
from desktop_app.core.labelling.tools.base import ToolPoint
from desktop_app.core.labelling.tools.click_window import ClickWindow, touches_rim
from desktop_app.jobs.assistants.missing import missing_library

_PROMPTS = ("point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size")
_DECODER_OUTPUTS = ("masks", "iou_predictions", "low_res_masks")
# Pixels around the first click: such models see 1,024² pixels, and things that are a few pixels wide only enlarged.
_REACH_PX, _FARTHEST_PX = 256, 512
# Mean and spread of the pictures that the published encoders learned from, in grey values of 0 to 255.
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_SPREAD = np.array([58.395, 57.12, 57.375], np.float32)
_ENDS = (0.5, 99.5)  # percentiles of the window that become black and white
_SURE = 10.0  # logit of a voxel in or out of a mask that is given: about what such decoders say themselves
_ADD, _REMOVE, _CORNERS, _FILLING = 1.0, 0.0, (2.0, 3.0), -1.0  # labels of points in the published export


@dataclass(frozen=True, slots=True, eq=False)
class _Encoded:
    """A window after the encoder.

    Attributes:
        window: The part of the image.
        depth: Which slice of it.
        features: As the decoder takes them.
        scale: Pixels of the encoder's picture for one of the window.
    """

    window: ClickWindow
    depth: int
    features: NDArray[np.float32]
    scale: float


class OnnxAssistant:
    """Proposes what an encoder and a decoder see under the clicks of a slice.

    Args:
        encoder: ONNX file.
        decoder: ONNX file.
        volume: The image.
        channel: Of it; the model sees it as a grey picture.

    Raises:
        UserError: If a file cannot be read or is no such model, or the library that runs them is missing.
    """

    def __init__(self, encoder: Path, decoder: Path, volume: Volume, channel: int) -> None:
        self._encoder, self._decoder = _session(encoder), _session(decoder)
        _require_encoder(self._encoder, encoder)
        self._passed = _passed_on(self._encoder, self._decoder, decoder)
        self._edge = int(self._encoder.get_inputs()[0].shape[2])
        self._mask_edge = [int(n) for n in _named(self._decoder.get_inputs(), "mask_input").shape[2:]]
        self._volume, self._channel = volume, channel
        self._encoding: _Encoded | None = None

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """The object under the clicks; those in other slices than the latest are not seen."""
        depth = asked.plane.from_voxel(asked.prompts[-1].corners[0])[2]
        prompts = [p for p in asked.prompts if asked.plane.from_voxel(p.corners[0])[2] == depth]
        reach = _REACH_PX
        while True:
            ctx.raise_if_cancelled()
            seen = self._seen(asked, prompts, depth, reach)
            mask = self._masked(seen, prompts, asked)
            if not touches_rim(mask) or reach >= _FARTHEST_PX:
                break
            reach *= 2
        masks = {depth: mask}
        if asked.through and mask.any():
            masks = dict(seen.window.followed(masks, {depth: Clicks()}))
        return Answer(*seen.window.box_of(masks))

    def close(self) -> None:
        """Forget the picture."""
        self._encoding = None

    def _seen(self, asked: Asked, prompts: Sequence[Prompt], depth: int, reach: int) -> _Encoded:
        """The window around the first prompt, and so far that all of them lie in it; the latest one is kept."""
        first = _point(asked, prompts[0], depth)
        far = max(first.apart(_point(asked, prompt, depth, corner)) for prompt in prompts for corner in (0, -1))
        reach = max(reach, int(far) + reach // 2)
        window = ClickWindow(
            self._volume.shape,
            first,
            asked.voxel_aspect,
            lambda region: self._volume.read(region, self._channel),
            min(reach, _FARTHEST_PX + int(far)),
        )
        known = self._encoding
        if known is None or known.depth != depth or not _same(known.window, window):
            known = self._encoding = self._encoded(window, depth)
        return known

    def _encoded(self, window: ClickWindow, depth: int) -> _Encoded:
        from skimage.transform import resize

        grey = _as_bytes(window.values(depth))
        scale = self._edge / max(grey.shape)
        shape = [max(1, round(n * scale)) for n in grey.shape]
        fitted = resize(grey, shape, order=1, preserve_range=True).astype(np.float32)  # type: ignore[no-untyped-call]
        picture = np.zeros((1, 3, self._edge, self._edge), np.float32)
        for channel in range(3):
            picture[0, channel, : shape[0], : shape[1]] = (fitted - _MEAN[channel]) / _SPREAD[channel]
        entry = self._encoder.get_inputs()[0].name
        features = self._encoder.run([self._passed], {entry: picture})[0]
        return _Encoded(window, depth, np.asarray(features, np.float32), scale)

    def _masked(self, seen: _Encoded, prompts: Sequence[Prompt], asked: Asked) -> Mask:
        """The best of the masks that the decoder gives, (rows, columns) of the window."""
        rows, columns = seen.window.shape
        (places, labels), start = self._told(seen, prompts, asked), self._started(seen, asked)
        entries = {
            self._passed: seen.features,
            "point_coords": places,
            "point_labels": labels,
            "mask_input": start,
            "has_mask_input": np.full(1, start.any(), np.float32),
            "orig_im_size": np.array([rows, columns], np.float32),
        }
        masks, scores, _ = self._decoder.run(list(_DECODER_OUTPUTS), entries)
        best = int(np.argmax(np.asarray(scores)[0]))
        found = np.asarray(masks)[0, best] > 0
        if found.shape != (rows, columns):
            raise UserError(
                f"The decoder gave a mask of {found.shape} px for a picture of {(rows, columns)} px.",
                hint="Export it as Segment Anything does, with “orig_im_size” in use.",
            )
        return np.asarray(found, bool)

    def _started(self, seen: _Encoded, asked: Asked) -> NDArray[np.float32]:
        """The object that is corrected (1, 1, rows, columns), as logits of the encoder's picture; 0 without one."""
        entry = np.zeros((1, 1, *self._mask_edge), np.float32)
        if asked.start is not None and asked.start.region.start[asked.plane.depth_axis] == seen.depth:
            from skimage.transform import resize

            mask = seen.window.seen(asked.start.region, asked.start.mask)
            scales = [seen.scale * edge / self._edge for edge in self._mask_edge]
            shape = [max(1, min(e, round(n * s))) for n, s, e in zip(mask.shape, scales, self._mask_edge, strict=True)]
            share = resize(mask.astype(np.float32), shape, order=1)  # type: ignore[no-untyped-call]
            entry[:] = -_SURE
            entry[0, 0, : shape[0], : shape[1]] = (2 * share - 1) * _SURE
        return entry

    def _told(
        self, seen: _Encoded, prompts: Sequence[Prompt], asked: Asked
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Places (1, N, 2) as x and y in the encoder's picture, and what each says, (1, N)."""
        places: list[tuple[float, float]] = []
        labels: list[float] = []
        for prompt in prompts:
            ends = [_in_window(seen, _point(asked, prompt, seen.depth, corner)) for corner in (0, -1)]
            if prompt.is_box:
                places += [_least(ends), _most(ends)]
                labels += _CORNERS
            else:
                places.append(ends[0])
                labels.append(_ADD if prompt.adds else _REMOVE)
        if not any(prompt.is_box for prompt in prompts):
            places.append((0.0, 0.0))
            labels.append(_FILLING)
        return np.array([places], np.float32), np.array([labels], np.float32)


def _session(path: Path) -> Any:
    """A program in an ONNX file, on the processor.

    Raises:
        UserError: If it cannot be read, or the library is missing.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_library("Model files in the ONNX format", "onnxruntime") from error
    if not path.is_file():
        raise UserError(f"There is no file {path}.", hint="Was it moved or renamed?")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone: it would write to a terminal that nobody reads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises classes of its own that share no base
        raise UserError(
            f"{path.name} is no ONNX model that can be run.", hint="Export it again.", details=repr(error)
        ) from error


def _require_encoder(session: Any, path: Path) -> None:
    """Refuse what is no encoder.

    Raises:
        UserError: If its inputs and outputs are others.
    """
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    fits = len(shape) == 4 and shape[1] == 3 and isinstance(shape[2], int) and shape[2] == shape[3]
    if not fits:
        raise UserError(
            f"{path.name} is no encoder of the Segment Anything kind: it takes {_listed(inputs)}, but one "
            "square colour picture (1, 3, N, N) is needed.",
            hint="Choose the file of the image encoder, exported with a fixed size.",
        )


def _passed_on(encoder: Any, decoder: Any, path: Path) -> str:
    """The output of the encoder that the decoder takes, besides the prompts.

    Raises:
        UserError: If the decoder's inputs and outputs have other names.
    """
    given = [output.name for output in encoder.get_outputs()]
    inputs, outputs = ([one.name for one in some] for some in (decoder.get_inputs(), decoder.get_outputs()))
    more = [name for name in inputs if name not in _PROMPTS]
    if len(more) == 1 and more[0] in given and set(_PROMPTS) < set(inputs) and set(_DECODER_OUTPUTS) <= set(outputs):
        return more[0]
    raise UserError(
        f"{path.name} is no decoder of the Segment Anything kind: it takes {', '.join(inputs)} and gives "
        f"{', '.join(outputs)}, but {', '.join(_PROMPTS)} and the encoder's {' or '.join(given)} are needed, and "
        f"{', '.join(_DECODER_OUTPUTS)} in return.",
        hint="Choose the file with the mask decoder, exported as Segment Anything does.",
    )


def _named(entries: Sequence[Any], name: str) -> Any:
    return next(entry for entry in entries if entry.name == name)


def _listed(entries: Sequence[Any]) -> str:
    return ", ".join(f"{entry.name} {tuple(entry.shape)}" for entry in entries)


def _as_bytes(values: NDArray[Any]) -> NDArray[np.float32]:
    """Grey values between 0 and 255."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = np.percentile(finite, _ENDS) if finite.size else (0.0, 1.0)
    scaled = (np.nan_to_num(values.astype(np.float32), nan=low) - low) / max(high - low, np.finfo(np.float32).tiny)
    return np.asarray(np.clip(scaled, 0, 1) * 255, np.float32)


def _point(asked: Asked, prompt: Prompt, depth: int, corner: int = 0) -> ToolPoint:
    row, column, _ = asked.plane.from_voxel(prompt.corners[corner])
    return ToolPoint(asked.plane, depth, row + 0.5, column + 0.5)


def _in_window(seen: _Encoded, point: ToolPoint) -> tuple[float, float]:
    """Place as x and y in the encoder's picture."""
    factor = seen.scale / seen.window.factor
    return (point.column - seen.window.left) * factor, (point.row - seen.window.top) * factor


def _least(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(x for x, _ in ends), min(y for _, y in ends)


def _most(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return max(x for x, _ in ends), max(y for _, y in ends)


def _same(a: ClickWindow, b: ClickWindow) -> bool:
    return (a.plane, a.top, a.left, a.shape, a.factor) == (b.plane, b.top, b.left, b.shape, b.factor)
