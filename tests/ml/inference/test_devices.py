"""What a device can do."""

import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.ml.inference.devices import (
    all_devices,
    choose_device,
    describe_device,
    mixed_precision,
    needs_loss_scaling,
)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Three GPUs, as stand-ins; takes the numbers of those that do not answer."""
    broken: set[int] = set()
    real = torch.ones

    def ones(*shape: int, device: torch.device) -> torch.Tensor:
        if device.type != "cuda" or (device.index or 0) in broken:
            raise RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable")
        return real(*shape)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch, "ones", ones)
    return broken


def test_of_several_gpus_the_one_that_is_named_computes_and_for_all_each_that_answers(gpus: set[int]) -> None:
    assert choose_device("cuda:1") == torch.device("cuda:1")
    assert choose_device("auto") == choose_device("all") == choose_device("cuda") == torch.device("cuda")
    three = tuple(torch.device("cuda", number) for number in range(3))
    assert all_devices("all", choose_device("all")) == three
    assert all_devices("cuda:1", choose_device("cuda:1")) == (torch.device("cuda:1"),)
    gpus.add(1)
    assert all_devices("all", choose_device("all")) == (three[0], three[2])
    assert all_devices("all", torch.device("cpu")) == (torch.device("cpu"),)


def test_gpus_that_are_not_there_or_do_not_answer_are_named(gpus: set[int]) -> None:
    with pytest.raises(UserError, match="no GPU “cuda:3”") as absent:
        choose_device("cuda:3")
    assert absent.value.hint == "This computer has 3 GPUs: cuda:0 to cuda:2."
    gpus |= {0, 2}
    with pytest.raises(UserError, match="“cuda:2” does not answer"):
        choose_device("cuda:2")
    ctx = RecordingContext()
    assert choose_device("auto", ctx) == torch.device("cpu")
    assert [note.text for note in ctx.of_kind(Note)] == ["The GPU does not answer; computing on the CPU instead."]
    with pytest.raises(UserError, match="no GPU “mps”"):
        choose_device("mps")


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


@pytest.mark.parametrize(("count", "said"), [(1, "CPU, 1 thread"), (8, "CPU, 8 threads")])
def test_threads_are_counted_in_words(monkeypatch: pytest.MonkeyPatch, count: int, said: str) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: count)
    assert describe_device(torch.device("cpu")) == said
