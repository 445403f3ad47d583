"""Third step: the method."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtWidgets import QButtonGroup, QLabel, QVBoxLayout, QWidget

from desktop_app.core.papers import linked
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.notifications.outside import open_link
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, step_problems
from desktop_app.gui.training.methods import Method, methods_for
from desktop_app.gui.training.pictures import DRAWINGS
from desktop_app.gui.widgets.choice_card import ChoiceCard
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.step_page import StepPage, column


class MethodPage(StepPage):
    """One card per method, grouped by family, rare networks folded away; the recommended one is chosen already."""

    step = "Method"
    title = "Which method?"
    subtitle = "The recommended one is a good start. You can train another one later and compare."

    def __init__(self, draft: TrainingDraft, notifier: Notifier) -> None:
        super().__init__()
        self._draft, self._notifier = draft, notifier
        self.cards: dict[tuple[str, str], ChoiceCard] = {}
        self.further: CollapsibleSection | None = None
        self._body: QWidget | None = None
        self._layout = column(self)
        self._layout.addStretch(1)

    def enter(self) -> None:
        if self._body is not None:
            self._layout.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self.cards.clear()
        self._body = QWidget()
        self._fill(self._body, methods_for(self._draft))
        self._layout.insertWidget(0, self._body)

    def problems(self) -> list[str]:
        return step_problems(self._draft, DraftStep.METHOD)

    def _fill(self, body: QWidget, methods: list[Method]) -> None:
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        group = QButtonGroup(body)
        if self._draft.card is not None:
            layout.addWidget(muted_label("An improved model keeps its method, because its weights fit no other."))
        self.further = further = CollapsibleSection("More networks", expanded=self._chosen_further(methods))
        for recipe, of_recipe in groupby(methods, key=lambda method: method.recipe):
            usual = [method for method in of_recipe if not method.further]
            if usual:
                heading = QLabel(recipe.title)
                set_role(heading, "heading")
                layout.addWidget(heading)
                layout.addWidget(muted_label(recipe.summary))
            for method in usual:
                layout.addWidget(self._grouped(method, group))
        for method in methods:
            if method.further:
                further.add(self._grouped(method, group))
        further.setVisible(any(method.further for method in methods))
        layout.addWidget(further)

    def _chosen_further(self, methods: list[Method]) -> bool:
        config = self._draft.config
        chosen = None if config is None else (config.recipe, config.network)
        return any(method.further and chosen == (method.recipe.name, method.network.name) for method in methods)

    def _grouped(self, method: Method, group: QButtonGroup) -> ChoiceCard:
        card = self._card(method)
        group.addButton(card)
        return card

    def _card(self, method: Method) -> ChoiceCard:
        network = method.network
        seen = "Works slice by slice." if network.dimensions == 2 else "Sees all three directions at once."
        card = ChoiceCard(
            network.title,
            network.summary,
            DRAWINGS["objects2d" if network.dimensions == 2 else "objects3d"],
            badge="recommended" if method.recommended and self._draft.card is None else "",
            note=f"{seen} {linked(network.paper[:1].upper() + network.paper[1:])}",
        )
        card.link_chosen.connect(lambda address: open_link(address, self._notifier))
        key = (method.recipe.name, network.name)
        config = self._draft.config
        card.setChecked(config is not None and key == (config.recipe, config.network))
        card.setProperty("method", key)
        card.clicked.connect(self._on_clicked)
        self.cards[key] = card
        return card

    def _on_clicked(self) -> None:
        recipe, network = self.sender().property("method")
        self._draft.choose_network(recipe, network)
        self.changed.emit()
