"""What is open now, for everybody in the window to see."""

from desktop_app.gui.session.session import Session

__all__ = ["Session"]
