"""What can be done about the label layers of an image."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Label layers"

LAYER_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "layers.new", "New label layer…", "add", ("Ctrl+Alt+N",),
        "More labels of this image, beside those it has: of another person, or of other things.", _GROUP,
    ),
    ActionInfo(
        "layers.edit_next", "Edit the next label layer", "next", ("Ctrl+Alt+L",),
        "Paint on the next of the label layers of this image.", _GROUP,
    ),
    ActionInfo("layers.rename", "Rename the label layer…", None, (), "The one that is edited.", _GROUP),
    ActionInfo("layers.duplicate", "Duplicate the label layer…", "copy", (), "Copy the one that is edited.", _GROUP),
    ActionInfo("layers.remove", "Remove the label layer…", "remove", (), "The one that is edited.", _GROUP),
)  # fmt: skip
LAYER_MENU = tuple(info.id for info in LAYER_ACTIONS)
