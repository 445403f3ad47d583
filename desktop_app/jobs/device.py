"""Where models are computed on this computer."""

from __future__ import annotations

from desktop_app.core.job import JobContext, Note, Progress


def gpu_memory_gb() -> float:
    """Memory of the GPU that works, in GB; 0 without one."""
    from desktop_app.ml.inference.devices import gpu_memory

    return gpu_memory() / 1e9


def check_device(wanted: str, ctx: JobContext) -> str:
    """Find out where ``wanted`` (``auto``, ``cpu``, ``cuda``, ``cuda:N``) computes, by a small sum; its name in words.

    Raises:
        UserError: If a GPU is asked for that is not there or does not answer.
    """
    ctx.report(Progress(0, 0, "loading PyTorch"))
    from desktop_app.ml.inference.devices import choose_device, describe_device

    name = describe_device(choose_device(wanted, ctx))
    ctx.report(Note("info", f"Models are computed on: {name}."))
    return name
