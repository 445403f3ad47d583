"""What a device can do."""

import pytest
import torch

from desktop_app.ml.inference.devices import mixed_precision, needs_loss_scaling


@pytest.mark.parametrize("itself", [False, True])
def test_gpus_that_only_pretend_to_know_bfloat16_compute_in_float16(
    itself: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[torch.dtype] = []
    real = torch.autocast

    def autocast(device: str, dtype: torch.dtype) -> torch.autocast:
        asked.append(dtype)
        return real("cpu", enabled=False)

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or itself)
    monkeypatch.setattr(torch, "autocast", autocast)
    with mixed_precision(torch.device("cuda")):
        pass
    assert asked == [torch.bfloat16 if itself else torch.float16]
    assert needs_loss_scaling(torch.device("cuda")) is not itself


def test_a_processor_computes_exactly() -> None:
    with mixed_precision(torch.device("cpu")):
        assert not torch.is_autocast_enabled("cpu")
    assert not needs_loss_scaling(torch.device("cpu"))
