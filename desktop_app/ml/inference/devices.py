"""Where to compute, and what that place can do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from desktop_app.core.config.learning import Precision
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.io.layers.running import running_layers


def choose_device(wanted: str, ctx: JobContext | None = None) -> torch.device:
    """The device behind ``auto``, ``all``, ``cpu``, ``cuda`` or ``cuda:N``; ``auto`` takes a GPU only if it works.

    Apple's ``mps`` and Intel's ``xpu`` are taken by name alone: the networks were not tried there.
    ``all`` means the first of all GPUs here, and like ``auto`` the CPU where there is none.

    Raises:
        UserError: If a GPU is asked for that is not there.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    wanted = "auto" if wanted == "all" else wanted
    if wanted.startswith(("mps", "xpu")):
        return _other_gpu(wanted)
    if not torch.cuda.is_available():
        if wanted == "auto":
            _tell_why_not(ctx)
            return torch.device("cpu")
        raise UserError(
            "There is no GPU that PyTorch can use.", hint="Choose “auto” or “cpu” as the device, or check the driver."
        )
    device, there = torch.device("cuda" if wanted == "auto" else wanted), torch.cuda.device_count()
    if (device.index or 0) >= there:
        counted = "one GPU: cuda" if there == 1 else f"{there} GPUs: cuda:0 to cuda:{there - 1}"
        raise UserError(f"There is no GPU “{wanted}”.", hint=f"This computer has {counted}.")
    try:
        _try(device)
    except RuntimeError as error:
        if wanted != "auto":
            raise UserError(f"The GPU “{wanted}” does not answer.", hint="Use the CPU.", details=str(error)) from error
        if ctx is not None:
            ctx.report(Note("warning", "The GPU does not answer; computing on the CPU instead."))
        return torch.device("cpu")
    return device


def _try(device: torch.device) -> None:
    """A small sum, which a place that does not compute fails at."""
    torch.ones(8, device=device).sum().item()


def _other_gpu(wanted: str) -> torch.device:
    """A GPU that is not NVIDIA's or AMD's, after a small sum.

    Raises:
        UserError: If it is not there or does not compute.
    """
    try:
        _try(torch.device(wanted))
    except (RuntimeError, AssertionError) as error:
        message = f"There is no GPU “{wanted}” that PyTorch can use."
        raise UserError(message, hint="Choose “auto” or “cpu” as the device.", details=str(error)) from error
    return torch.device(wanted)


def _tell_why_not(ctx: JobContext | None) -> None:
    """Say that GPU support is there and no GPU is, rather than computing slowly in silence."""
    layers = running_layers()
    if ctx is not None and layers is not None and layers.gpu is not None:
        text = "GPU support is there, but PyTorch finds no GPU that it can use; computing on the processor instead."
        ctx.report(Note("warning", text))


def all_devices(wanted: str, first: torch.device) -> tuple[torch.device, ...]:
    """Where copies of a network compute: on every GPU that answers for ``all``, else on the first device alone."""
    if wanted != "all" or first.type != "cuda":
        return (first,)
    devices = [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
    return tuple(device for device in devices if _answers(device)) or (first,)


def _answers(device: torch.device) -> bool:
    try:
        _try(device)
    except RuntimeError:
        return False
    return True


def knows_gpus() -> bool:
    """Whether this torch was built for GPUs of NVIDIA or AMD, whether or not there is one."""
    return torch.version.cuda is not None or torch.version.hip is not None


def gpu_memory() -> int:
    """Bytes of memory of the GPU that ``auto`` takes; 0 if it takes the CPU."""
    device = choose_device("auto")
    return torch.cuda.get_device_properties(device).total_memory if device.type == "cuda" else 0


def describe_device(device: torch.device) -> str:
    """For a person: the GPU's name, or the number of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {processor_threads()}"


def processor_threads() -> str:
    """How many threads torch computes with on the processor, in words."""
    count = torch.get_num_threads()
    return f"{count} thread{'' if count == 1 else 's'}"


@contextlib.contextmanager
def mixed_precision(device: torch.device, wanted: Precision = "auto") -> Iterator[None]:
    """Half precision where it is wanted; by itself where it helps: on GPUs. On a CPU everything stays exact then."""
    dtype = _half(device, wanted)
    if dtype is None:
        yield
        return
    with torch.autocast(device.type, dtype=dtype):
        yield


def needs_loss_scaling(device: torch.device, wanted: Precision = "auto") -> bool:
    """Whether gradients must be scaled: where numbers are float16, which hold nothing below 6e-8."""
    return device.type == "cuda" and _half(device, wanted) is torch.float16


def _half(device: torch.device, wanted: Precision) -> torch.dtype | None:
    """The type of half precision; None for full precision."""
    if wanted == "auto":
        wanted = "full" if device.type != "cuda" else "bfloat16" if _knows_bfloat16() else "float16"
    if is_too_coarse(device, wanted):
        return None
    return {"full": None, "bfloat16": torch.bfloat16, "float16": torch.float16}[wanted]


def is_too_coarse(device: torch.device, wanted: Precision) -> bool:
    """Whether a precision is not for that place: processors are slow at float16, and small gradients would vanish."""
    return device.type == "cpu" and wanted == "float16"


def _knows_bfloat16() -> bool:
    """Whether the GPU computes in bfloat16 itself; older ones only pretend to, and are slow at it."""
    return torch.cuda.is_bf16_supported(including_emulation=False)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed for want of memory, on a GPU or on the CPU."""
    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "not enough memory" in text)
