"""Whether a GPU is used, why not and what helps: each state that a user can meet."""

from __future__ import annotations

import pytest

from desktop_app.core.config.device import device_choices
from desktop_app.io.graphics import GraphicsCard, NvidiaDriver
from desktop_app.jobs import gpu_use as jobs_gpu_use
from desktop_app.jobs.gpu_use import GpuFacts, gpu_use, reason_against

RTX = GraphicsCard("RTX A4000", "580.95", 16 * 2**30, 8.6)
OLD_CARD = GraphicsCard("GeForce GTX 980", "580.95", 4 * 2**30, 5.2)
OLD_DRIVER = GraphicsCard("RTX A4000", "470.1", 16 * 2**30, 8.6)
WELL = NvidiaDriver((RTX,), True)
FELL_BACK = "GPU support is not used, models are computed on the processor: its files are cut off."


@pytest.mark.parametrize(
    ("facts", "words", "next_step"),
    [
        pytest.param(
            GpuFacts(WELL, working=(("cuda:0", "RTX A4000"),), is_installed=True, layer="gpu-2.13"),
            "in use: RTX A4000 (gpu-2.13)", "", id="works",
        ),
        pytest.param(
            GpuFacts(working=(("cuda:0", "Radeon Pro"),), makers=frozenset({"AMD"})), "in use: Radeon Pro", "",
            id="AMD's card with a torch for it works",
        ),
        pytest.param(
            GpuFacts(makers=frozenset({"Apple"}), working=(("mps", "Apple GPU (Metal)"),)),
            "Apple GPU (Metal) computes; “Automatic” takes the processor", " as “Compute on”", id="Apple",
        ),
        pytest.param(
            GpuFacts(makers=frozenset({"Intel"}), working=(("xpu:0", "Arc A770"),)), "Arc A770 computes", "write xpu:0",
            id="Intel's card with a torch for it",
        ),
        pytest.param(
            GpuFacts(makers=frozenset({"Apple"})), "not in use: PyTorch does not find Apple's GPU", "macOS",
            id="Apple, too old a system",
        ),
        pytest.param(GpuFacts(), "not in use: no graphics card was found", "A card by NVIDIA", id="no card"),
        pytest.param(
            GpuFacts(makers=frozenset({"AMD", "Intel"})), "not in use: the graphics card is by AMD", "ROCm", id="AMD"
        ),
        pytest.param(
            GpuFacts(makers=frozenset({"Intel"})), "not in use: the graphics card is by Intel", "A card by NVIDIA",
            id="Intel",
        ),
        pytest.param(
            GpuFacts(makers=frozenset({"NVIDIA", "Intel"}), is_installed=True),
            "not in use: there is a card by NVIDIA, but not its driver", "then choose “Get GPU support…”",
            id="no driver",
        ),
        pytest.param(
            GpuFacts(NvidiaDriver((), True, "No devices were found"), is_installed=True, is_chosen=True, layer="gpu-1"),
            "not in use: NVIDIA's driver is installed, and finds no card that works (No devices were found)",
            "pass the card on", id="driver without a card, though GPU support runs",
        ),
        pytest.param(
            GpuFacts(NvidiaDriver((OLD_CARD,), True), layer="gpu-1", failed=(("GTX 980", "no kernel"),)),
            "not in use: the GeForce GTX 980 is too old (compute capability 5.2, 7.5 is needed)", "RTX 20",
            id="card too old",
        ),
        pytest.param(
            GpuFacts(NvidiaDriver((OLD_DRIVER,), True), is_installed=True, layer="gpu-1"),
            "not in use: NVIDIA's driver 470.1 is too old for PyTorch (580 or newer is needed)", "newest driver",
            id="driver too old",
        ),
        pytest.param(
            GpuFacts(WELL, is_installed=True), "not in use: GPU support is not installed for the RTX A4000",
            "To use it, choose “Get GPU support…”.", id="GPU support not installed",
        ),
        pytest.param(
            GpuFacts(WELL, is_installed=True, is_chosen=True, notes=(FELL_BACK,)), f"not in use: {FELL_BACK}",
            "again, or remove", id="fell back",
        ),
        pytest.param(
            GpuFacts(WELL, is_installed=True, is_chosen=True, layer="gpu-1"),
            "not in use: PyTorch for GPUs runs, and does not find the RTX A4000", "Restart", id="torch finds none",
        ),
        pytest.param(
            GpuFacts(WELL, is_installed=True, layer="gpu-1", failed=(("RTX A4000", "device lost"),)),
            "not in use: RTX A4000 does not compute (device lost)", "Restart", id="fails while it computes",
        ),
        pytest.param(
            GpuFacts(WELL), "not in use: the installed PyTorch computes on processors alone",
            "install PyTorch's build for NVIDIA's cards", id="from source, a torch for processors",
        ),
        pytest.param(
            GpuFacts(WELL, knows_gpus=True), "not in use: PyTorch for GPUs runs, and does not find", "Restart",
            id="from source, a torch for GPUs",
        ),
        pytest.param(
            GpuFacts(is_installed=True, is_chosen=True, notes=(FELL_BACK,)),
            f"not in use: no graphics card was found. {FELL_BACK}", "A card by NVIDIA", id="the card was taken out",
        ),
    ],
)  # fmt: skip
def test_each_state_has_true_words_and_a_next_step(facts: GpuFacts, words: str, next_step: str) -> None:
    use = gpu_use(facts)
    assert use.words.startswith(words)
    assert next_step in use.next_step
    assert bool(use.next_step) != use.words.startswith("in use")


@pytest.mark.parametrize(
    ("cards", "word"),
    [((), None), ((RTX,), None), ((OLD_CARD,), "GTX 980"), ((OLD_CARD, RTX), None), ((OLD_DRIVER,), "470.1")],
)
def test_the_best_card_decides(cards: tuple[GraphicsCard, ...], word: str | None) -> None:
    against = reason_against(NvidiaDriver(cards, True), "580", 7.5)
    assert (against is None) == (word is None)
    assert word is None or (against is not None and word in against.words)


def test_a_card_whose_age_the_driver_does_not_tell_is_not_called_old() -> None:
    unknown = GraphicsCard("Quadro", "580.1", 2**30, 0.0)
    assert reason_against(NvidiaDriver((unknown,), True), "580", 7.5) is None


def test_a_layer_that_asks_for_no_driver_takes_any() -> None:
    assert reason_against(NvidiaDriver((OLD_DRIVER,), True), "", 0.0) is None


@pytest.mark.parametrize(("system", "words"), [("darwin", "choose it as"), ("linux", "write mps as")])
def test_what_the_list_offers_need_not_be_written(system: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_gpu_use, "DEVICES", device_choices(system))
    assert words in gpu_use(GpuFacts(working=(("mps", "Apple GPU (Metal)"),))).next_step
