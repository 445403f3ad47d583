"""What can be done about models: teach them and run them."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Models"

TRAINING_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo("train.wizard", "Train a model…", "train", ("Ctrl+T",), "Teach a model with your labels.", _GROUP),
    ActionInfo("batch.run", "Run on many images…", "batch", ("Ctrl+B",), "Run a model on a folder.", _GROUP),
)
