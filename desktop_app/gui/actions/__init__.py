"""What the user can do, declared once: words, icon, shortcuts."""

from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.gui.actions.registry import ActionRegistry

__all__ = ["ActionInfo", "ActionRegistry"]
