"""How the window speaks to the user: toasts, questions, and the one dialog for errors that nobody expected."""

from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.notifications.recording import RecordingNotifier

__all__ = ["Notifier", "RecordingNotifier"]
