"""Whether the torch that is imported here computes on a GPU: tried in a process of its own, which may crash."""

from __future__ import annotations


def gpu_problem() -> tuple[str, str]:
    """Compute a small sum on the first GPU.

    Returns:
        The GPU's name, and why it cannot be used; one of both is empty.
    """
    try:
        import torch

        if not torch.cuda.is_available():
            return "", "PyTorch finds no GPU that it can use; is the driver recent enough?"
        name = str(torch.cuda.get_device_name(0))
        if float(torch.ones(8, device="cuda").sum().item()) != 8.0:  # the sum of the ones
            return "", f"{name} computes wrong sums."
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        lines = str(error).strip().splitlines()
        return "", lines[0] if lines else type(error).__name__
    return name, ""
