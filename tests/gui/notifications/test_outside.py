"""Files, folders and addresses that other programs should open."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication

from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.notifications.outside import open_link, open_outside


class Acting(RecordingNotifier):
    """Takes every link that a message offers."""

    def warning(self, text, *, action=None):
        super().warning(text, action=action)
        action[1]()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()) or True)
    return urls


def test_what_the_system_opens_needs_no_words(qapp, tmp_path: Path, opened: list[str]) -> None:
    notifier = Acting()
    open_outside(tmp_path, notifier)
    open_link("https://example.org/a?b=c", notifier)
    assert opened == [f"file://{tmp_path}", "https://example.org/a?b=c"]
    assert notifier.messages == []


def test_what_it_does_not_open_is_said_and_can_be_copied(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    notifier = Acting()
    open_outside(tmp_path, notifier)
    assert QGuiApplication.clipboard().text() == str(tmp_path)
    open_link("https://example.org", notifier)
    assert QGuiApplication.clipboard().text() == "https://example.org"
    assert notifier.messages == [
        ("warning", f"This system has no program that opens {tmp_path}."),
        ("warning", "This system has no browser that opens https://example.org."),
    ]


def test_what_is_gone_is_not_even_tried(qapp, tmp_path: Path, opened: list[str]) -> None:
    notifier = RecordingNotifier()
    open_outside(tmp_path / "gone", notifier)
    assert opened == []
    assert [level for level, text in notifier.messages if "gone is not there any more" in text] == ["error"]
