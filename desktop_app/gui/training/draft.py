"""What the wizard's pages edit together, and its rules; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.epochs import Epochs
from desktop_app.core.config.groups import with_groups
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.whole_images import with_whole_images
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelKind, LabelScheme
from desktop_app.core.project.model import Role
from desktop_app.core.recipes.data_report import with_classes_seen
from desktop_app.core.recipes.goals import OBJECTS_3D, Goal
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES, all_goals, recipes_for
from desktop_app.gui.training.class_choices import (
    ClassChoice,
    Use,
    choice_for,
    choices_of,
    chosen_of,
    dataset_for_values,
    region_names,
)
from desktop_app.jobs.data.project_data import dataset_for_scheme, stuff_names
from desktop_app.jobs.train.settings import (
    finetuned,
    named_after,
    network_changes,
    settings_of_file,
    settings_report,
    with_regions,
)

if TYPE_CHECKING:
    from desktop_app.core.recipes.data_report import DataReport
    from desktop_app.core.recipes.sparse_labels import SparseLabels
    from desktop_app.jobs.train.estimate import Estimate


def goal_of(card: ModelCard) -> str:
    """The goal that a model is for, by name."""
    recipe = RECIPES.get(card.recipe, RECIPES[DEFAULT_RECIPE])
    return recipe.goal_for(card.label_kind, flat=card.dimensions == 2).name


@dataclass(frozen=True, slots=True)
class MoreData:
    """A further data set.

    Attributes:
        folder: A folder in a known layout, or a project.
        weight: How often its images are drawn.
        checks: Whether it is for validation alone.
    """

    folder: Path
    weight: float = 1.0
    checks: bool = False


@dataclass(slots=True)
class TrainingDraft:
    """Answers so far. Pages change it and ask ``problems``; nothing here opens files.

    Attributes:
        goal_name: Of one of ``all_goals``.
        start_from: Model to finetune, None from scratch.
        card: The card of that model.
        source: Where the pairs come from.
        folder: The folder chosen, if the source is a folder.
        labels_folder: Where its labels are, None if they are in it, too.
        folder_kind: What its labels hold; None follows the goal.
        label_divisor: Class labels of the folder also number objects: class times this plus number. None: they do not.
        balance: How far all subfolders are drawn alike, 0 to 1.
        marked_only: Take only slices marked as done.
        layer: Name of the label layer to learn from; None: the first of each image.
        within: Take only images of the project that lie in this folder, such as a set of patches; None: all.
        scheme: What the project's labels mean.
        pairs: Images with labels of the chosen source.
        roles: Roles changed by the user, by pair name.
        groups: Groups changed by the user, by pair name.
        more: Further data sets, and those for validation alone.
        split: How pairs without a role are split.
        report: What the check found; belongs to ``checked``.
        checked: ``data_key`` at the time of the check.
        suggested: The configuration that follows from the data, None before the check.
        fresh: The same without a model to start from.
        config: The same with the user's changes.
        own_method: Method and network that the user chose before settings from a file brought others; None without.
        epochs: Rounds over all images that are wanted in place of steps; None counts steps or minutes.
        settings_problem: Why the last change of settings was refused.
        classes: What the user said about values of class labels; 0 stands for unlabelled places.
        recognised: What the labels of the folder were recognised for, if they are those of a few slices.
        name: Of the model.
        name_chosen: Whether the user has changed the name.
        taken_names: Names of models that exist already.
        estimate: Of time and memory, None while it is not known.
        free_disk_gb: Free space where the run is saved.
    """

    goal_name: str = OBJECTS_3D.name
    start_from: Path | None = None
    card: ModelCard | None = None
    source: Literal["project", "folder"] = "project"
    folder: Path | None = None
    labels_folder: Path | None = None
    folder_kind: LabelKind | None = None
    label_divisor: int | None = None
    balance: float = 0.0
    marked_only: bool = False
    layer: str | None = None
    within: Path | None = None
    scheme: LabelScheme = field(default_factory=LabelScheme)
    pairs: tuple[PairConfig, ...] = ()
    roles: dict[str, Role] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    more: tuple[MoreData, ...] = ()
    split: DatasetSplitParameters = field(default_factory=DatasetSplitParameters)
    report: DataReport | None = None
    checked: tuple[Any, ...] = ()
    suggested: TrainingConfig | None = None
    fresh: TrainingConfig | None = None
    config: TrainingConfig | None = None
    own_method: tuple[str, str] | None = None
    epochs: Epochs | None = None
    settings_problem: str = ""
    classes: dict[int, ClassChoice] = field(default_factory=dict)
    recognised: SparseLabels | None = None
    name: str = ""
    name_chosen: bool = False
    taken_names: frozenset[str] = frozenset()
    estimate: Estimate | None = None
    free_disk_gb: float | None = None

    @property
    def goal(self) -> Goal:
        """What the model is for."""
        return all_goals()[self.goal_name]

    def choose_model(self, path: Path | None, card: ModelCard | None) -> None:
        """Start from a model, whose kind decides the goal; None starts from scratch."""
        self.start_from, self.card = path, card
        if card is not None:
            self.goal_name = goal_of(card)

    def choose_folder(self, folder: Path | None) -> None:
        """Take another folder; what was recognised in the one before says nothing of it."""
        if folder != self.folder and self.recognised is not None:
            self.recognised, self.folder_kind, self.classes = None, None, {}
        self.folder = folder

    def role_of(self, pair: PairConfig) -> Role:
        """The user's choice, or what the source says."""
        return self.roles.get(pair.name, pair.role)

    def dataset(self) -> DatasetConfig:
        """The pairs with their roles and the meaning of their labels."""
        said = ((p, {"role": self.role_of(p), "group": self.groups.get(p.name, p.group)}) for p in self.pairs)
        pairs = with_groups(tuple(pair.model_copy(update=own) for pair, own in said))
        split = self.split.model_copy(update={"validation": 0.0}) if self.checked_apart else self.split
        found = self._meaning().model_copy(update={"pairs": pairs, "split": split, "balance": self.balance})
        return with_classes_seen(found, self.report.rows if self.report is not None and self.is_checked else ())

    @property
    def checked_apart(self) -> bool:
        """Whether there is a data set for validation alone, so that no other image is kept aside for it."""
        return any(each.checks for each in self.more)

    def _meaning(self) -> DatasetConfig:
        if self.source == "project":
            return chosen_of(dataset_for_scheme(self.scheme), self.classes)
        if self.kind_of_folder == "classes":
            meaning = dataset_for_values(self.found_values, self.classes)
            return meaning.model_copy(update={"label_divisor": self.divisor})
        return named_after(DatasetConfig(kind="objects"), self.card)

    @property
    def found_values(self) -> tuple[int, ...]:
        """Label values that the check found in a folder with class labels, without 0."""
        rows = self.report.rows if self.report is not None and self.is_checked else ()
        return tuple(sorted({value for row in rows for value in row.classes if value != 0}))

    @property
    def values_to_choose(self) -> tuple[int, ...]:
        """Class labels of which the user may leave some out; empty where the labels hold objects."""
        if self.source == "folder":
            return self.found_values if self.kind_of_folder == "classes" else ()
        meaning = dataset_for_scheme(self.scheme)
        several = meaning.kind == "classes" and len(meaning.class_values) > 1
        return meaning.class_values if several else ()

    @property
    def divisor(self) -> int | None:
        """What tells classes from objects in the labels of the folder, where these hold both."""
        return self.label_divisor if self.source == "folder" and self.kind_of_folder == "classes" else None

    @property
    def sources(self) -> int:
        """How many subfolders the images come from."""
        return len({pair.source or pair.group for pair in self.pairs})

    @property
    def tells_regions(self) -> bool:
        """Whether classes may be regions beside others that have objects."""
        return any(recipe.region_parameter for recipe in recipes_for(self.goal_name))

    def use_of(self, value: int) -> Use:
        """What a class is used for: what the user said, or what suits it."""
        known = self.scheme.by_value(value) if self.source == "project" else None
        if value not in self.classes and self.tells_regions and known is not None and known.kind == "stuff":
            return "region"
        use = choice_for(value, self.classes).use
        return "learn" if use == "region" and not self.tells_regions else use

    def name_model(self) -> None:
        """Name the model after what it learns, unless the user has named it."""
        if not self.name_chosen:
            self.name = self.free_name(_proper_name(self.dataset().class_names, self.goal))

    @property
    def needs_labels(self) -> bool:
        """Whether images without labels are of no use: the model's method, or the usual one for the goal, decides."""
        known = RECIPES.get(self.card.recipe) if self.card is not None else None
        return (known or recipes_for(self.goal_name)[0]).needs_labels

    @property
    def kind_of_folder(self) -> LabelKind:
        """What labels of a folder hold: the user's word, or what suits the goal."""
        return self.folder_kind or self.goal.kind

    def data_key(self) -> tuple[Any, ...]:
        """Changes exactly when the data must be checked again."""
        images = tuple((p.name, p.image, p.labels, p.slices) for p in self.pairs)
        return self.goal_name, self.start_from, self.source, self.kind_of_folder, self.divisor, images

    @property
    def is_checked(self) -> bool:
        """Whether the report is about the present data and goal."""
        return self.report is not None and self.checked == self.data_key()

    def start_anew(self) -> None:
        """Learn from scratch in place of improving a model; the data stay, and the settings follow from them."""
        if self.fresh is None:
            return
        self.choose_model(None, None)
        self.suggested = self.config = self.fresh
        self.epochs, self.settings_problem, self.estimate, self.checked = None, "", None, self.data_key()
        self.name_model()

    def take_report(self, report: DataReport, suggested: TrainingConfig) -> None:
        """Keep what the check found and the settings that follow from it."""
        if self.source == "folder" and suggested.dataset.kind == "classes" and report.sparse and not self.classes:
            self.recognised, self.folder_kind, self.classes = report.sparse, "classes", choices_of(report.sparse)
        elif self.source == "folder" and report.class_names and not self.classes:
            self.classes = {value: ClassChoice(name) for value, name in report.class_names.items()}
        self.report, self.checked = report, self.data_key()
        self.suggested = finetuned(suggested, self.card, self.start_from, self.report) if self.card else suggested
        self.config, self.fresh, self.epochs, self.own_method = self.suggested, suggested, None, None
        self.settings_problem, self.estimate = "", None
        for row in report.rows:
            if any(problem.level == "error" for problem in row.problems):
                self.roles[row.name] = "unused"
        self.name_model()

    def reset_settings(self) -> None:
        """Back to what follows from the data; the method stays, but where it came with settings from a file."""
        if self.config is None or self.suggested is None:
            return
        method = self.own_method or (self.config.recipe, self.config.network)
        self.config, self.epochs, self.settings_problem, self.estimate = self.suggested, None, "", None
        self.choose_network(*method)

    def change_split(self, split: DatasetSplitParameters) -> None:
        """Share the images out in another way."""
        self.split, self.estimate = split, None

    def free_name(self, wanted: str) -> str:
        """``wanted``, or with the first free number behind it."""
        taken = {n.casefold() for n in self.taken_names}
        name, number = wanted, 2
        while name.casefold() in taken:
            name, number = f"{wanted} {number}", number + 1
        return name

    def change(self, **parts: Any) -> bool:
        """Change parts of the configuration; False if they do not fit, with the reason in ``settings_problem``."""
        if self.config is None:
            return False
        try:
            changed = self._seen(TrainingConfig.model_validate({**self.config.model_dump(), **_dumped(parts)}))
            self.config = changed if self.epochs is None else self._counted(changed, self.epochs)
        except ValidationError as error:
            self.settings_problem = explain(error, "This setting").message
            return False
        except UserError as error:
            self.settings_problem = str(error)
            return False
        self.settings_problem, self.estimate = "", None
        return True

    def _seen(self, config: TrainingConfig) -> TrainingConfig:
        """The configuration with the patch that holds whole images, or, once these are not wanted, the usual one."""
        if config.whole_images:
            rows = self.report.usable if self.report is not None else ()
            return with_whole_images(config, (row.shape for row in rows))
        before, usual = self.config, self.suggested
        if before is None or not before.whole_images or usual is None or usual.network != config.network:
            return config
        return config.model_copy(update={"patch_size": usual.patch_size})

    def count_in_epochs(self, epochs: Epochs | None) -> bool:
        """Train for so many rounds over all images; None counts steps or minutes again.

        Returns:
            False if there are more steps in them than a training may have, which ``settings_problem`` says.
        """
        if self.config is None:
            return False
        before, self.epochs = self.epochs, epochs
        rates = self.config.optimisation.model_copy(update={"minutes": 0.0})
        if epochs is None or self.change(optimisation=rates):
            return True
        self.epochs = before
        return False

    def epochs_in_words(self) -> str:
        """What the rounds come to; empty where steps or minutes are counted."""
        if self.epochs is None or self.config is None:
            return ""
        return self.epochs.in_words(self.config.model_copy(update={"dataset": self.dataset()}))

    def _counted(self, config: TrainingConfig, epochs: Epochs) -> TrainingConfig:
        """The configuration with the steps of the rounds; how often it is checked changes with these only."""
        before = (self.config or config).optimisation.iterations
        rates = config.optimisation.model_copy(update={"iterations": before})
        counted = epochs.applied(config.model_copy(update={"dataset": self.dataset(), "optimisation": rates}))
        same = counted.optimisation.iterations == before and not epochs.every
        return counted.model_copy(
            update={"dataset": config.dataset} | ({"validation": config.validation} if same else {})
        )

    def load_settings(self, file: Path) -> tuple[str, ...]:
        """Take over the settings of an earlier run, or a part of them; the data, the name and the goal stay.

        Returns:
            What became of the settings of another program, a sentence each.

        Raises:
            UserError: If the file holds no such settings, or they do not suit the goal.
        """
        if self.config is None:
            return ()
        config = settings_of_file(file, self.config)
        if all(config.recipe != recipe.name for recipe in recipes_for(self.goal_name)):
            raise UserError(
                f"The settings in {file.name} are for another goal.",
                hint="Go back to the first step and choose the goal that they were made for.",
            )
        self.own_method = self.own_method or (self.config.recipe, self.config.network)
        self.config, self.epochs, self.settings_problem, self.estimate = config, None, "", None
        return settings_report(file)

    def choose_network(self, recipe: str, network: str) -> bool:
        """Take another method; its own settings, patch and batch follow from the data again."""
        self.own_method = None
        if self.config is None or (self.config.recipe, self.config.network) == (recipe, network):
            return True
        return self.change(recipe=recipe, **network_changes(self.config, network, self.report, recipe))

    def final_config(self, output: Path) -> TrainingConfig:
        """The frozen configuration of the run.

        Args:
            output: Its run folder.
        """
        if self.config is None:
            raise ValueError("Expected a checked draft")
        dataset = self.dataset()
        config = self.config if self.epochs is None else self._counted(self.config, self.epochs)
        config = config.model_copy(update={"name": self.name.strip(), "output": str(output), "dataset": dataset})
        usual = stuff_names(self.scheme) if self.source == "project" else ()
        return with_regions(config, region_names(dataset, self.classes, usual))


def _dumped(parts: dict[str, Any]) -> dict[str, Any]:
    return {key: value.model_dump() if hasattr(value, "model_dump") else value for key, value in parts.items()}


def _proper_name(class_names: tuple[str, ...], goal: Goal) -> str:
    what = " and ".join(class_names[:2])[:40]  # characters: a name, not a list
    return f"{what} {goal.mark}"
