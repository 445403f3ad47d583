"""A notifier that remembers instead of showing: for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.core.errors import UserError
from desktop_app.gui.notifications.notifier import Notifier


class RecordingNotifier(Notifier):
    """Keeps what was said, and answers questions with what the test put in.

    Attributes:
        messages: Pairs of level and text, oldest first.
        answers: Answers to the next questions; yes once they are used up.
        texts: Answers to the next ``ask_text`` and ``ask_choice``; None once they are used up.
        actions: What the buttons beside messages do, by their words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, str]] = []
        self.questions: list[str] = []
        self.answers: list[bool] = []
        self.texts: list[str | None] = []
        self.exceptions: list[BaseException] = []
        self.actions: dict[str, Callable[[], object]] = {}

    def info(
        self, text: str, *, action: tuple[str, Callable[[], object]] | None = None, page: QWidget | None = None
    ) -> None:
        if page is None or not _shown(page):
            self._keep("info", text, action)

    def warning(
        self, text: str, *, action: tuple[str, Callable[[], object]] | None = None, page: QWidget | None = None
    ) -> None:
        if page is None or not _shown(page):
            self._keep("warning", text, action)

    def error(self, error: UserError | str, *, page: QWidget | None = None) -> None:
        if page is None or not _shown(page):
            self.messages.append(("error", str(error)))

    def unexpected(self, error: BaseException) -> None:
        self.exceptions.append(error)

    def ask(self, title: str, text: str, yes: str = "Yes", no: str = "Cancel", *, careful: bool = False) -> bool:
        self.questions.append(text)
        return self.answers.pop(0) if self.answers else True

    def ask_text(self, title: str, label: str, text: str = "", *, many_lines: bool = False) -> str | None:
        self.questions.append(label)
        return self.texts.pop(0) if self.texts else None

    def ask_choice(self, title: str, label: str, choices: Sequence[str], chosen: str) -> str | None:
        self.questions.append(label)
        return self.texts.pop(0) if self.texts else None

    def said(self, level: str) -> list[str]:
        """The texts of one level."""
        return [text for kind, text in self.messages if kind == level]

    def _keep(self, level: str, text: str, action: tuple[str, Callable[[], object]] | None) -> None:
        self.messages.append((level, text))
        if action is not None:
            self.actions[action[0]] = action[1]


def _shown(page: QWidget) -> bool:
    return isValid(page) and page.isVisible()
