"""The driver's list of cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io import graphics
from desktop_app.io.graphics import GraphicsCard, NvidiaDriver, driver_from, nvidia_driver, parse_cards


def test_the_list_is_read() -> None:
    text = "NVIDIA GeForce RTX 4070, 580.95.05, 12282, 8.9\nTesla K80, 470.1, 11441, [N/A]\nnonsense\n"
    assert parse_cards(text) == (
        GraphicsCard("NVIDIA GeForce RTX 4070", "580.95.05", 12282 * 2**20, 8.9),
        GraphicsCard("Tesla K80", "470.1", 11441 * 2**20, 0.0),
    )


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("No devices were found\n", 0, "No devices were found"),
        ("No devices were found\n", 6, "No devices were found"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\nMake sure that …\n", 9,
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        ),
        ("", 1, ""),
    ],
)  # fmt: skip
def test_a_driver_without_cards_is_there_and_says_why(text: str, status: int, said: str) -> None:
    assert driver_from(text, status) == NvidiaDriver((), True, said)


def test_a_driver_with_a_card_has_nothing_to_say() -> None:
    driver = driver_from("RTX A4000, 580.95, 16376, 8.6\n", 0)
    assert (len(driver.cards), driver.is_there, driver.said) == (1, True, "")


def test_without_the_drivers_tool_its_library_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(graphics, "_library_loads", lambda: False)
    assert nvidia_driver() == NvidiaDriver()
    monkeypatch.setattr(graphics, "_library_loads", lambda: True)
    assert nvidia_driver() == NvidiaDriver((), True, "")
