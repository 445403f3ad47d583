"""The parameters of a model: how its network sees the image, and how maps become labels."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.inference.model_modes import fields_in, plane_parameter, usual_mode
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.widgets.form import ParameterForm


class ModelForms(QWidget):
    """One form above the other; only what matters in the present mode is shown.

    Attributes:
        prediction: The form of how the network sees the image; None where the recipe has no such parameters.
        decode: The form of how maps become labels; None without a model.

    Args:
        preview: For a narrow panel beside the image: compact, and without what a preview does not show.

    Signals:
        prediction_changed: All values as a dictionary; the network must run again.
        decode_changed: All values as a dictionary.
        changed: After either of them.
        validity_changed: Some entry became wrong or right.
    """

    prediction_changed = Signal(object)
    decode_changed = Signal(object)
    changed = Signal()
    validity_changed = Signal()

    def __init__(self, *, preview: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self._card: ModelCard | None = None
        self._shown: tuple[str, bool, frozenset[str]] = ("auto", False, frozenset())
        self.prediction: ParameterForm[Any] | None = None
        self.decode: ParameterForm[Any] | None = None
        self._body: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_model(self, card: ModelCard | None, prediction: dict[str, Any], decode: dict[str, Any]) -> None:
        """Show the parameters of another model; None shows nothing."""
        if self._body is not None:
            self._layout.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self._body = self.prediction = self.decode = None
        self._card = card
        if card is None:
            return
        self._body = QWidget()
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        recipe = RECIPES[card.recipe]
        if recipe.prediction.model_fields:
            self.prediction = self._form(recipe.prediction, prediction)
            self.prediction.changed.connect(self._on_prediction)
            self._add(layout, "How the network sees the image", self.prediction)
            layout.addSpacing(MEDIUM)
        self.decode = self._form(recipe.decode, decode)
        self.decode.changed.connect(self._on_decode)
        alone = self.prediction is None and not self._preview
        self._add(layout, "" if alone else "How labels are made", self.decode)
        self._layout.addWidget(self._body)
        self._show_used()

    def shows(self, card: ModelCard, prediction: dict[str, Any], decode: dict[str, Any]) -> bool:
        """Whether these values of the model are the ones shown."""
        if card is not self._card:
            return False
        recipe = RECIPES[card.recipe]
        wanted = recipe.prediction.model_validate(prediction), recipe.decode.model_validate(decode)
        return wanted == (self._value(self.prediction, wanted[0]), self._value(self.decode, wanted[1]))

    def show_mode(self, mode: str) -> None:
        """Hide what does not matter in a mode."""
        self._shown = mode, False, frozenset()
        self._show_used()

    def show_slice(self, *, flat: bool) -> None:
        """Hide what does not matter for one slice, which lies in the plane of the view."""
        if self._card is not None:
            self._shown = usual_mode(self._card, flat=True), not flat, frozenset({plane_parameter(self._card)})
            self._show_used()

    def _show_used(self) -> None:
        """Show what does something in the present mode, beside what is set."""
        mode, part, hidden = self._shown
        for form in (self.prediction, self.decode):
            if form is not None and not form.problems():
                values = form.value().model_dump()
                names = fields_in(form.model_type, mode, values, preview=self._preview, part=part)
                form.show_fields(set(names) - hidden)

    def change(self, prediction: dict[str, Any], decode: dict[str, Any]) -> None:
        """Set some values, as if the user had."""
        for form, changes in ((self.prediction, prediction), (self.decode, decode)):
            if form is not None and changes:
                form.set_value(form.value().model_copy(update=changes))

    def prediction_values(self) -> dict[str, Any]:
        """How the network sees the image."""
        return {} if self.prediction is None else self.prediction.value().model_dump()

    def decode_values(self) -> dict[str, Any]:
        """How maps become labels."""
        return {} if self.decode is None else self.decode.value().model_dump()

    def problems(self) -> list[str]:
        """One sentence per wrong entry."""
        return [text for form in (self.prediction, self.decode) if form is not None for text in form.problems()]

    def _form(self, model: type[Parameters], values: dict[str, Any]) -> ParameterForm[Any]:
        form: ParameterForm[Any] = ParameterForm(model, model.model_validate(values), compact=self._preview)
        form.validity_changed.connect(self._on_validity)
        return form

    @staticmethod
    def _value(form: ParameterForm[Any] | None, wanted: Parameters) -> Parameters:
        """What a form shows; what is wanted where a recipe has no such parameters."""
        return wanted if form is None else form.value()

    def _add(self, layout: QVBoxLayout, title: str, form: QWidget) -> None:
        if title:
            heading = QLabel(title)
            set_role(heading, "heading")
            layout.addWidget(heading)
        layout.addWidget(form)

    def _on_prediction(self, value: Parameters) -> None:
        self.prediction_changed.emit(value.model_dump())
        self.changed.emit()

    def _on_decode(self, value: Parameters) -> None:
        self._show_used()
        self.decode_changed.emit(value.model_dump())
        self.changed.emit()

    def _on_validity(self, _valid: bool) -> None:
        self.validity_changed.emit()


def scrolling(*widgets: QWidget) -> QScrollArea:
    """Widgets below each other that scroll up and down."""
    area, inner = QScrollArea(), QWidget()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, SMALL, 0)
    column.setSpacing(MEDIUM)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    area.setWidget(inner)
    return area
