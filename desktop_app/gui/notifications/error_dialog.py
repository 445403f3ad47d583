"""The dialog for errors that nobody expected."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.notifications.error_report import ErrorReport
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, pad
from desktop_app.gui.widgets.window_place import resize_to_screen

_PICTURE = 32  # px, by eye


class ErrorDialog(QDialog):
    """Says that something went wrong and that nothing is lost, with the report to copy."""

    def __init__(self, report: ErrorReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unexpected error")
        resize_to_screen(self, QSize(640, 430))  # px, by eye
        self._reports = [report]
        picture = QLabel()
        picture.setPixmap(icon("error", "danger").pixmap(_PICTURE, _PICTURE))
        title = QLabel("Something went wrong that should not have")
        set_role(title, "heading")
        text = QLabel(
            "Your labels are safe: they are saved while you work. You can go on, but if something looks odd, close "
            "the program and start it again. Please send the report to the people who look after the program."
        )
        text.setWordWrap(True)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setMinimumHeight(80)  # px, by eye
        self._copy = QPushButton("Copy report")
        self._copy.setIcon(icon("copy", "on_accent"))
        self._copy.setDefault(True)
        self._copy.clicked.connect(self.copy_report)
        close = QPushButton("Go on")
        close.clicked.connect(self.accept)
        self._arrange(picture, title, text, close)
        self._show()

    def _arrange(self, picture: QLabel, title: QLabel, text: QLabel, close: QPushButton) -> None:
        head = QHBoxLayout()
        head.setSpacing(MEDIUM)
        head.addWidget(picture)
        head.addWidget(title, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self._copy)
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addLayout(head)
        column.addWidget(text)
        column.addWidget(self._details, 1)
        column.addLayout(buttons)

    def add(self, report: ErrorReport) -> None:
        """One more error while the dialog is open."""
        self._reports.append(report)
        self._show()

    def report_text(self) -> str:
        """What is copied."""
        return "\n\n".join(report.text() for report in self._reports)

    def copy_report(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report_text())
        self._copy.setText("Copied")

    def _show(self) -> None:
        self._copy.setText("Copy report")
        self._details.setPlainText(self.report_text())
