"""Where models are computed on this computer."""

from __future__ import annotations


def gpu_memory_gb() -> float:
    """Memory of the GPU that works, in GB; 0 without one."""
    from desktop_app.ml.inference.devices import gpu_memory

    return gpu_memory() / 1e9
