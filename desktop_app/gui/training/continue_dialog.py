"""How a training shall go on: more steps, another rate."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.jobs.train.run import saved_state

_WIDTH = 560  # px: sentences of advice fill two lines, by eye


class ContinueDialog(FittedDialog):
    """Asks what shall be otherwise than before.

    Args:
        run: The run folder.
        config: Of the run so far.
        parent: The window that it opens above.
    """

    def __init__(self, run: Path, config: TrainingConfig, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Go on with a training")
        rates = config.optimisation
        saved = saved_state(run)
        done = f"{saved.step:,} of {rates.iterations:,}" if saved is not None else f"up to {rates.iterations:,}"
        text = QLabel(
            f"“{config.name}” has learned for {done} steps, with a learning rate of {rates.learning_rate:g}. Its "
            "images, which of them are kept aside, and its network stay as they are. The model that it makes then is a "
            "further one; the one of before stays."
        )
        text.setWordWrap(True)
        set_role(text, "muted")
        more = Continuation(steps=max(1, rates.iterations // 2), learning_rate=rates.learning_rate / 2)
        self.form: ParameterForm[Continuation] = ParameterForm(Continuation, more)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Go on")
        self.column.addWidget(text)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.form.validity_changed.connect(self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled)

    def changes(self) -> Continuation:
        """What was asked for."""
        return self.form.value()
