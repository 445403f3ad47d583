"""When a draft is complete, step by step, and what is missing, in plain words; no Qt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from desktop_app.core.config.folds import why_not_in_turn
from desktop_app.core.config.training import LONGEST_NAME
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.training.class_choices import LEARNED, Use, choice_for
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.patch_words import patch_problem

_BAD_NAME = set('/\\:*?"<>|')


class DraftStep(StrEnum):
    """The steps in which the draft is filled in."""

    GOAL = "goal"
    DATA = "data"
    METHOD = "method"
    SETTINGS = "settings"
    REVIEW = "review"


def _goal_problems(draft: TrainingDraft) -> list[str]:
    """What is missing of the goal."""
    if draft.start_from is not None and draft.card is None:
        return ["This model cannot be read. Choose another one, or start from scratch."]
    return []


def _data_problems(draft: TrainingDraft) -> list[str]:
    """What is missing of the data."""
    if not draft.pairs:
        return [_no_pairs(draft)]
    found = []
    if not any(draft.role_of(pair) in ("auto", "train") for pair in draft.pairs):
        found.append("At least one image must be used for training.")
    if draft.source == "project" and draft.needs_labels:
        found += scheme_problems(draft.scheme, draft.goal)
    if not draft.is_checked or draft.report is None:
        return [*found, "The check of the images has not finished yet."]
    found += [problem.text for problem in draft.report.problems if problem.level == "error"]
    if draft.split.folds:
        found += [text for text in (why_not_in_turn(draft.dataset()),) if text]
    return found + _class_problems(draft)


def _settings_problems(draft: TrainingDraft) -> list[str]:
    """What is wrong with the settings."""
    if draft.settings_problem:
        return [draft.settings_problem]
    wrong = patch_problem(draft.config) if draft.config is not None else ""
    return [wrong] if wrong else []


def _review_problems(draft: TrainingDraft) -> list[str]:
    """What keeps the training from starting."""
    found = []
    name = draft.name.strip()
    if not name:
        found.append("Give the model a name.")
    elif _BAD_NAME & set(name) or name.startswith("."):
        found.append('The name may not contain any of / \\ : * ? " < > | or start with a dot.')
    elif len(name) > LONGEST_NAME:
        found.append(f"The name is too long; {LONGEST_NAME} letters are the limit.")
    elif name.casefold() in {taken.casefold() for taken in draft.taken_names}:
        found.append("A model with this name exists already. Choose another name.")
    if draft.estimate and draft.free_disk_gb is not None and draft.free_disk_gb < draft.estimate.disk_gb:
        found.append("There is not enough free space on the disk for this run. Make room, then come back.")
    return found


_RULES: dict[DraftStep, Callable[[TrainingDraft], list[str]]] = {
    DraftStep.GOAL: _goal_problems,
    DraftStep.DATA: _data_problems,
    DraftStep.METHOD: lambda draft: [],
    DraftStep.SETTINGS: _settings_problems,
    DraftStep.REVIEW: _review_problems,
}


_SAYS_NOTHING = re.compile(r"object|class \d+", re.IGNORECASE)
"""Names of classes that nobody has chosen."""


def step_problems(draft: TrainingDraft, step: DraftStep) -> list[str]:
    """What the user must do before going on from ``step``; empty when all is well."""
    return _RULES[step](draft)


def scheme_problems(scheme: LabelScheme, goal: Goal) -> list[str]:
    """Why labels of this scheme cannot serve the goal."""
    if goal.kind == "classes" and scheme.kind == "objects":
        return ["The labels of this project number single objects. Choose “Find objects” in the first step."]
    if not scheme.zero_is_background and scheme.background is None and len(scheme.classes) < 2:
        return ["The model must also see what is not an object: add a class named “Background” and label some."]
    return []


def _class_problems(draft: TrainingDraft) -> list[str]:
    if not draft.values_to_choose:
        return []
    dataset = draft.dataset()
    if not dataset.class_values:
        return ["Choose at least one class to learn."]
    if dataset.unlabelled == 0 and dataset.background is None and len(dataset.class_values) < 2:
        return ["Unlabelled places are left out, so say which class is the background."]
    return []


def class_remarks(draft: TrainingDraft) -> list[str]:
    """What is to be known of the classes that are learned."""
    scheme = draft.scheme
    if draft.source != "project" or scheme.kind != "objects" or len(scheme.classes) < 2:
        return []
    names = ", ".join(scheme.class_names)
    return [
        f"The objects of all classes ({names}) are learned as one: the methods for single objects tell objects from "
        "each other, not their classes. To learn the classes, export the review (menu Objects): it writes images of "
        "class numbers to train on."
    ]


def adaptations(draft: TrainingDraft) -> list[str]:
    """What the model to improve has to learn anew for these images and labels."""
    card, report = draft.card, draft.report
    if card is None or report is None:
        return []
    found = []
    channels, classes = RECIPES[card.recipe].channels_in(report), len(draft.dataset().class_values)
    if card.input_channels != channels:
        seen = "one channel" if card.input_channels == 1 else f"{card.input_channels} channels"
        found.append(
            f"The model to improve was made for {seen}, but the images have {channels}. How it sees them is adapted; "
            "it may need more labels than usual."
        )
    if len(card.class_values) != classes:
        known = "one class" if len(card.class_values) == 1 else f"{len(card.class_values)} classes"
        found.append(
            f"The model to improve knows {known}, but the labels hold {classes}. What tells classes apart is learned "
            "anew."
        )
    elif other := _other_things(card.class_names, draft.dataset().class_names):
        found.append(other)
    return found


def _other_things(known: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """A sentence where all names of a model's classes are others than those of the labels, and say something."""
    before, now = ([name for name in names if not _SAYS_NOTHING.fullmatch(name)] for names in (known, wanted))
    if not before or not now or {n.casefold() for n in before} & {n.casefold() for n in now}:
        return ""
    return (
        f"The model to improve finds {' and '.join(before)}, and your labels are named {' and '.join(now)}. If that is "
        "another kind of thing, train from scratch: improving changes how it outlines things, hardly what it looks for."
    )


def _no_pairs(draft: TrainingDraft) -> str:
    if draft.source == "folder":
        for folder in (draft.folder, draft.labels_folder):
            if folder is not None and not folder.is_dir():
                return f"There is no folder {folder}."
    if not draft.needs_labels:
        if draft.source == "project":
            return "This project has no images yet. Add some, or choose a folder."
        return "Choose a folder with images." if draft.folder is None else "No images were found in this folder."
    if draft.source == "folder":
        if draft.folder is None:
            return "Choose a folder with images and labels."
        return "No images with labels were found in this folder. If the labels are elsewhere, choose their folder, too."
    if draft.marked_only:
        return "No slice is marked as done yet. Mark some, or use whole images."
    return "This project has no labelled images yet. Label one first, or choose a folder."


def learn_only(draft: TrainingDraft, labels: Sequence[int]) -> tuple[str, ...]:
    """Learn these class labels alone, all others being background; as it was where none is given.

    Returns:
        Why that cannot be, or which of them are not there, in a sentence; nothing where all is well.
    """
    if not labels:
        return ()
    values = draft.values_to_choose
    if not values:
        return ("Labels are not chosen: those of these images number single objects, or there is one class.",)
    if not set(labels) & set(values):
        return ("Labels are not chosen: none of those that the file names is in the labels of these images.",)
    for value in values:
        before = choice_for(value, draft.classes)
        use: Use = "background" if value not in labels else before.use if before.use in LEARNED else "learn"
        draft.classes[value] = replace(before, use=use)
    draft.estimate = None
    draft.name_model()
    if absent := sorted(set(labels) - set(values)):
        return (f"Not in the labels of these images, and so not learned: {', '.join(map(str, absent))}.",)
    return ()
