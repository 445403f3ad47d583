"""Check this computer: figures in plain words."""

from __future__ import annotations

import pytest

from desktop_app.core.job import RecordingContext
from desktop_app.io.graphics import GraphicsCard, NvidiaDriver
from desktop_app.jobs import computer
from desktop_app.jobs.computer import ComputerReport, ComputingPlace, check_computer, verdict_on

CPU = ComputingPlace("cpu", "Processor, 8 threads", 2.0)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([CPU], "Models are computed on the processor: 1,000 small training steps take about 8 minutes."),
        (
            [ComputingPlace("cuda:0", "RTX", 46.0), CPU],
            "Training is 23 times faster on RTX than on the processor: 1,000 small training steps take about 22 sec",
        ),
        ([ComputingPlace("cuda:0", "RTX", 0.0, "no kernel"), CPU], "Models are computed on the processor: 1,000 small"),
        ([], "Nothing computes here"),
    ],
)
def test_verdicts(places: list[ComputingPlace], expected: str) -> None:
    assert verdict_on(places).startswith(expected)


@pytest.mark.parametrize(
    ("places", "taken"),
    [
        ((ComputingPlace("cuda:0", "RTX", 46.0), CPU), "RTX"),
        ((ComputingPlace("cuda:0", "RTX", 0.0, "no kernel"), CPU), CPU.title),
        ((ComputingPlace("mps", "Apple GPU", 20.0), CPU), CPU.title),
        ((), ""),
    ],
)
def test_automatic_takes_what_the_program_would_take(places: tuple[ComputingPlace, ...], taken: str) -> None:
    assert ComputerReport((), places, "", ()).automatic == taken


def test_what_is_said_of_the_gpu_stands_in_the_table_and_what_helps_below(monkeypatch: pytest.MonkeyPatch) -> None:
    card = GraphicsCard("GTX 980", "580.1", 4 * 2**30, 5.2)
    monkeypatch.setattr(computer, "nvidia_driver", lambda: NvidiaDriver((card,), True))
    report = check_computer(RecordingContext(), seconds=0.2)
    if report.places[0].name == "cpu":
        assert dict(report.facts)["GPU"].startswith("not in use: the GTX 980 is too old")
        assert "RTX 20" in report.advice[0]
    assert "GTX 980, " in dict(report.facts)["Graphics card 1"]


def test_this_computer_is_measured() -> None:
    report = check_computer(RecordingContext(), seconds=0.2)
    assert report.places[-1].name == "cpu"
    assert report.places[-1].speed > 0
    text = report.text()
    assert "Memory:" in text
    assert report.verdict in text
