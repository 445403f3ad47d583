"""How the images of a project were shared out by its trainings so far."""

from __future__ import annotations

from desktop_app.core.config.dataset import DatasetSplitParameters
from desktop_app.io.json_files import read_json
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.train.run import CONFIG_FILE


def split_as_before(opened: OpenProject) -> DatasetSplitParameters:
    """The usual split, for the classes as the last training of the project that learned classes.

    A project whose models were checked with what the seed drew goes on so, unless the user says otherwise: its scores
    can be compared, and a model that is improved is not checked with images that it has learned from. Trainings before
    classes counted did not write down which classes an image has.
    """
    usual = DatasetSplitParameters()
    for run in opened.runs():
        try:
            dataset = read_json(run / CONFIG_FILE)["dataset"]
            if dataset["kind"] != "classes":
                continue
            counted = any(pair.get("classes") is not None for pair in dataset["pairs"])
            every = counted and bool(dataset["split"].get("every_class", True))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue
        return usual.model_copy(update={"every_class": every})
    return usual
