"""The driver's list of cards."""

from __future__ import annotations

from desktop_app.io.graphics import GraphicsCard, parse_cards


def test_the_list_is_read() -> None:
    text = "NVIDIA GeForce RTX 4070, 580.95.05, 12282, 8.9\nTesla K80, 470.1, 11441, [N/A]\nnonsense\n"
    assert parse_cards(text) == (
        GraphicsCard("NVIDIA GeForce RTX 4070", "580.95.05", 12282 * 2**20, 8.9),
        GraphicsCard("Tesla K80", "470.1", 11441 * 2**20, 0.0),
    )
