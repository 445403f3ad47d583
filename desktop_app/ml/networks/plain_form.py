"""Networks in forms that other programs run: TorchScript and ONNX, compared with the network itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import nn

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3

_OPSET = 17
"""Version of the ONNX operators, of 2022: the oldest one that knows all the layers here."""
_AGREE = 1e-3
"""Largest difference of a number to the network's own, as a share of the largest number: float32 sums in another order
differ by a hundredth of that, half of a step of float16 by half of it."""
_SPREAD = 1.0  # of the noise that both are asked about: grey values of a network's input lie between -1 and 5
_AXES = "zyx"
_FATAL_ONLY = 4  # level of ONNX Runtime: a size that it cannot take is told by the exception


@dataclass(frozen=True, slots=True)
class PlainForm:
    """What was written.

    Attributes:
        any_size: Whether images of every multiple of the divisor can be put in; else those of ``tile`` alone.
        tile: Size (z, y, x) that it was tried with; z is 1 for a network of pictures.
        outputs: Names of what comes out, in order.
        difference: Largest difference to the network itself, as a share of its largest number.
        tried_by: What ran the file for the comparison; empty where nothing here can.
    """

    any_size: bool
    tile: Index3
    outputs: tuple[str, ...]
    difference: float
    tried_by: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a network is tried with.

    Attributes:
        channels: Of the image.
        tile: Size (z, y, x); z is 1 for a network of pictures.
        divisor: Of which sizes are multiples.
        flat: Whether it sees pictures.
    """

    channels: int
    tile: Index3
    divisor: Index3
    flat: bool

    @property
    def image(self) -> torch.Tensor:
        """Noise ``(1, C, [Z,] Y, X)``, the same each time."""
        generator = torch.Generator().manual_seed(sum(self.tile))
        size = self.tile[1:] if self.flat else self.tile
        return _SPREAD * torch.randn((1, self.channels, *size), generator=generator)

    @property
    def larger(self) -> Trial:
        """The same with another size of tile."""
        (z, y, x), (more, _, wider) = self.tile, self.divisor
        return replace(self, tile=(z if self.flat else z + more, y, x + wider))


class _InOrder(nn.Module):
    """A network whose outputs are a tuple of tensors."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(_named(self.network(image)).values())


def write_torchscript(network: nn.Module, trial: Trial, file: Path) -> PlainForm:
    """Write a network as a TorchScript program ``(B, C, [Z,] Y, X) float32`` in, a tuple of tensors out.

    Args:
        network: In evaluation, on the CPU.
        trial: What it is compared with.
        file: To write.

    Raises:
        UserError: If the program gives other numbers than the network.
    """
    traced, outputs = _traced(network, trial)
    torch.jit.save(traced, str(file))
    again = torch.jit.load(str(file), map_location="cpu").eval()
    difference, any_size = _compared(network, again, trial)
    return PlainForm(any_size, trial.tile, outputs, difference, "PyTorch")


def write_onnx(network: nn.Module, trial: Trial, file: Path) -> PlainForm:
    """Write a network as an ONNX file with the input ``image``; what is asked and said is as for TorchScript.

    Its numbers are compared where ONNX Runtime is installed; those of the program that it was made of always are.

    Raises:
        UserError: If a layer has no form in ONNX, or other numbers come out.
    """
    traced, outputs = _traced(network, trial)
    if len(outputs) > 1:
        raise UserError(
            "Models that refine their outlines point by point have no form in ONNX.",
            hint="Export it as TorchScript (.pt).",
        )
    axes = {0: "batch", **{2 + n: name for n, name in enumerate(_AXES[1:] if trial.flat else _AXES)}}
    try:
        with _no_functions_of_onnxscript(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                traced, (trial.image,), str(file), dynamo=False, opset_version=_OPSET,
                input_names=["image"], output_names=list(outputs),
                dynamic_axes=dict.fromkeys(("image", *outputs), axes),
            )  # fmt: skip
    except torch.onnx.errors.OnnxExporterError as error:
        raise UserError(
            "This network has a layer that ONNX does not know.", hint="Export it as TorchScript (.pt).",
            details=str(error),
        ) from error  # fmt: skip
    run = _onnx_runtime(file)
    difference, any_size = _compared(network, run or traced, trial)
    return PlainForm(any_size, trial.tile, outputs, difference, "ONNX Runtime" if run else "")


def _traced(network: nn.Module, trial: Trial) -> tuple[Any, tuple[str, ...]]:
    """The program that a network is, and the names of its outputs."""
    with torch.inference_mode():
        names = tuple(_named(network(trial.image)))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes that are looked at while tracing; another one is tried below
        traced = torch.jit.trace(_InOrder(network).eval(), trial.image, check_trace=False)
    return traced, names


def _named(outputs: Any) -> dict[str, torch.Tensor]:
    """What a network gives in evaluation, by name."""
    if isinstance(outputs, dict):
        return outputs
    return {"logits": outputs}


def _compared(network: nn.Module, other: Callable[[torch.Tensor], Any], trial: Trial) -> tuple[float, bool]:
    """The largest relative difference on a tile, and whether another size of tile gives right numbers, too.

    Raises:
        UserError: If the difference is too large.
    """
    difference = _difference(network, other, trial.image)
    if difference > _AGREE:
        raise UserError(
            f"The file would give other numbers than the model (by {difference:.1%}), so it was not written.",
            hint="Use the model itself, or export it in the other form.",
        )
    try:
        return difference, _difference(network, other, trial.larger.image) <= _AGREE
    except Exception:  # noqa: BLE001 - whatever a runtime raises for a size that it cannot take
        return difference, False


@torch.inference_mode()
def _difference(network: nn.Module, other: Callable[[torch.Tensor], Any], image: torch.Tensor) -> float:
    pairs = zip(_named(network(image)).values(), other(image), strict=True)
    return max(float((own - given).abs().max() / own.abs().max().clamp_min(1e-6)) for own, given in pairs)


def _onnx_runtime(file: Path) -> Callable[[torch.Tensor], list[torch.Tensor]] | None:
    """What runs the file, where ONNX Runtime is installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return lambda image: [torch.from_numpy(values) for values in session.run(None, {"image": image.numpy()})]


@contextmanager
def _no_functions_of_onnxscript() -> Iterator[None]:
    """PyTorch's exporter asks for the package ``onnx`` to add functions written in ONNX Script, of which there are
    none here; 30 MB are not worth that.
    """
    place = "torch.onnx._internal.torchscript_exporter.onnx_proto_utils._add_onnxscript_fn"
    with mock.patch(place, lambda model, _opsets: model):
        yield
