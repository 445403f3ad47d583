"""Check this computer: figures in plain words."""

from __future__ import annotations

import pytest

from desktop_app.core.job import RecordingContext
from desktop_app.jobs.computer import ComputingPlace, check_computer, verdict_on

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


def test_this_computer_is_measured() -> None:
    report = check_computer(RecordingContext(), seconds=0.2)
    assert report.places[-1].name == "cpu"
    assert report.places[-1].speed > 0
    text = report.text()
    assert "Memory:" in text
    assert report.verdict in text
