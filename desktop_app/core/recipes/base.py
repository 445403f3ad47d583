"""What is known of a recipe without torch: all that a user, the jobs and the window need to know of a family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.learning import (
    EMPTY_SHARE,
    AugmentationParameters,
    OptimisationParameters,
    OptimiserName,
    ValidationParameters,
)
from desktop_app.core.imaging import Index3, Plane, Volume, VoxelSize
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.networks.base import NetworkSettings, TrainableNetwork
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.looks import UNCERTAINTY, Mode
from desktop_app.core.recipes.scores import Score
from desktop_app.core.recipes.suggested import Finetuning, SuggestedTraining, TrainingFacts
from desktop_app.core.recipes.suggestion import Advice

if TYPE_CHECKING:  # card and training ask the table of recipes when they are validated; a start needs none of these
    from desktop_app.core.advice.mistakes import Mistake
    from desktop_app.core.config.foreign import ForeignDescription
    from desktop_app.core.config.model_card import ModelCard
    from desktop_app.core.config.training import TrainingConfig
    from desktop_app.core.recipes.foreign_settings import ForeignSettings

MAP_BYTES, LABEL_BYTES = 2, 16
"""Bytes of a voxel on disk while a batch works: a map as float16; numbers of up to four rounds, as uint32 each."""

_UPRIGHT_ANGLE = 15
"""Degrees to which patches are turned where a direction has a meaning: about as askew as a sample is put down."""


class NoPrediction(Parameters):
    """A recipe without settings of its own for the network's way over the image."""


class RecipeInfo:
    """A family of methods, as everything but the computing knows it. Holds no state.

    What most families do alike is said here; a family says what is otherwise with it. Its other half, which computes,
    is ``ml.recipes.base.Recipe``.
    """

    name: ClassVar[str]
    """Key in files and on the command line."""
    title: ClassVar[str]
    """Shown to the user."""
    summary: ClassVar[str]
    """One sentence: when to choose it."""
    training: ClassVar[type[Parameters]]
    """Model of its training parameters."""
    decode: ClassVar[type[Parameters]]
    """Model of its parameters from maps to labels."""
    prediction: ClassVar[type[Parameters]] = NoPrediction
    """Model of its parameters of how the network sees the image."""
    modes: ClassVar[tuple[Mode, ...]]
    """Ways to go through an image; the first that suits a model is meant by ``auto``."""
    goals: ClassVar[tuple[Goal, ...]]
    """What a user may want of it; the first recipe of the table with a goal is the usual one for it."""
    label_kinds: ClassVar[tuple[LabelKind, ...]] = ("objects", "classes")
    """What labels may hold; empty if it learns without labels."""
    color: ClassVar[bool] = False
    """Whether colour pictures are taken as grey ones where the model expects one channel."""
    scores: ClassVar[tuple[Score, ...]] = ()
    """Scores that it alone tells, beside those of ``SCORES``."""

    scale_parameter: ClassVar[str] = ""
    """Training and prediction parameter that says by how much images are shrunk; empty: never."""
    sizes_as_seen: ClassVar[bool] = False
    """Whether sizes of objects count pixels of the shrunk image; if not, those of the image."""
    plane_parameter: ClassVar[str] = ""
    """Prediction parameter that says in which plane slices lie; empty: it sees xy slices, or volumes."""
    region_parameter: ClassVar[str] = ""
    """Training parameter that names the classes without objects; empty: it does not tell them from others."""
    layers_parameter: ClassVar[str] = ""
    """Training parameter that chooses the layers that learn, in place of frozen levels; empty: there is none."""
    further_results: ClassVar[tuple[str, ...]] = ()
    """Ends of the names of label files that may be written beside the result."""
    further_words: ClassVar[str] = ""
    """What these files hold, in a sentence."""

    map_words: ClassVar[str] = ""
    """What its own maps are called where they can be shown as layers; empty: they cannot."""

    output_words: ClassVar[str] = "Raw numbers of the network; what they mean is up to its method."
    """What the outputs of its networks mean, for those who use one in another program."""

    advice: ClassVar[Mapping[str, str]] = {}
    """Advice on common settings that holds for it in place of what their declarations say, by the field's name."""
    every_gpu: ClassVar[bool] = False
    """Whether a model uses all GPUs at once where it is asked to."""
    together: ClassVar[bool] = False
    """Whether several of its models can be used as one, by the mean of what they say."""
    finetuning: ClassVar[Finetuning] = Finetuning()
    steps: ClassVar[int] = 800
    """Steps from scratch; the field ``iterations`` says 800 to 3,000, and the fewest let a user see something soon."""
    largest_check: ClassVar[Index3] = (96, 512, 512)
    """Voxels (z, y, x) of an image that are looked at while training: most stacks of a microscope are whole in it, and
    the network sees it in seconds."""
    validations: ClassVar[int] = 4
    """How often the learning is watched in that time."""
    misses: ClassVar[str] = "lower the confidence threshold"
    """What to do about missed or merged objects, after "When running it, "."""
    inventions: ClassVar[str] = "raise the threshold or the smallest object size"
    """What to do about things that are not there."""
    remedies: ClassVar[Mapping[Mistake, str]] = {}
    """What helps against a kind of mistake, a sentence each, where it is otherwise than ``REMEDIES`` says."""
    other_size: ClassVar[str] = "resample the image."
    """What to do about voxels of another size than the model learned at."""
    other_size_seen: ClassVar[str] = ""
    """The same where a model runs; empty: the same words."""

    # What it is for.

    def networks(self) -> tuple[TrainableNetwork, ...]:
        """The networks that serve it."""
        return tuple(network for network in NETWORKS.values() if self.name in network.recipes)

    def goal_for(self, kind: LabelKind, *, flat: bool) -> Goal:
        """Its goal that suits labels of a kind; ``flat`` if the images are single pictures."""
        wanted = [goal for goal in self.goals if goal.kind == kind] or list(self.goals)
        fitting = (goal for goal in wanted if goal.dimensions in (None, 2 if flat else 3))
        return next(fitting, wanted[0])

    # What follows from data and computer.

    def suggest(self, facts: TrainingFacts) -> SuggestedTraining:
        """A training that suits the data and the computer."""
        network, parameters = self.network_for(facts), self.parameters_for(facts)
        settings = self.network_settings(facts.report, network, facts.gpu_memory_gb, parameters)
        steps, learns_by = self.steps_for(facts.report, network, settings), self.optimiser_for(network)
        return SuggestedTraining(
            network,
            settings,
            parameters,
            OptimisationParameters(iterations=steps, batch_size=settings.batch_size, optimiser=learns_by),
            ValidationParameters(every=max(1, steps // self.validations)),
            self.augmentation_for(facts.report),
        )

    def network_for(self, facts: TrainingFacts) -> str:
        """Key of the network to begin with: the first of those that serve it and see what the goal wants."""
        wanted = 2 if facts.report.dimensions == 2 else facts.goal.dimensions
        known = self.networks()
        return next((n.name for n in known if wanted in (None, n.dimensions)), known[0].name)

    def optimiser_for(self, network: str) -> OptimiserName:
        """What a network, a key of ``NETWORKS``, learns by from scratch."""
        return "adamw"

    def steps_for(self, report: DataReport, network: str, settings: NetworkSettings) -> int:
        """Steps to begin with; the arguments as of ``network_settings``, and what that gave."""
        return self.steps

    def network_settings(
        self, report: DataReport, network: str, gpu_memory_gb: float, parameters: Mapping[str, Any]
    ) -> NetworkSettings:
        """What suits a network on these data.

        Args:
            report: What the data hold.
            network: Key of ``NETWORKS``.
            gpu_memory_gb: Memory of the graphics card in GB, 0 without one.
            parameters: Of the training, which say at what scale the network sees the images.
        """
        across, along = self.exact_scales(parameters)
        return NETWORKS[network].suggest(report.facts(gpu_memory_gb).at_scale(along, across))

    def augmentation_for(self, report: DataReport) -> AugmentationParameters:
        """Random changes of patches; those that change a direction are left out where it has a meaning."""
        if report.oriented:
            return AugmentationParameters(flip=False, angle=_UPRIGHT_ANGLE, empty=EMPTY_SHARE, margin=EMPTY_SHARE)
        return AugmentationParameters(empty=EMPTY_SHARE, margin=EMPTY_SHARE)

    def parameters_for(self, facts: TrainingFacts) -> dict[str, Any]:
        """Its training parameters, where they follow from the data."""
        return {}

    def smallest_object(self, report: DataReport, *, flat: bool) -> int | None:
        """Voxels of the smallest object that a new model takes for one; None where it does not follow from the data.

        Args:
            report: What the data hold.
            flat: Whether single slices are learned.
        """
        return None

    def finetuned_parameters(self, card: ModelCard) -> dict[str, Any]:
        """Training parameters to improve a model with."""
        return card.recipe_parameters

    def finetuned_patch(self, card: ModelCard, report: DataReport | None) -> Index3:
        """Patch (z, y, x) to improve a model with; without a report as the model has it."""
        return card.patch_size

    def useful_choices(self, config: TrainingConfig) -> dict[str, bool]:
        """Training parameters that may be of no use, and whether each changes anything as things are."""
        return {}

    def with_steps(self, parameters: Mapping[str, Any], before: int, after: int) -> dict[str, Any]:
        """Training parameters for another number of steps; those that count steps keep their share.

        Args:
            parameters: For ``before`` steps.
            before: Steps so far.
            after: Steps wanted.
        """
        return dict(parameters)

    def channels_in(self, report: DataReport) -> int:
        """Channels that the network sees: colour pictures count one where they are taken as grey ones."""
        grey = self.color and bool(report.usable) and all(row.color for row in report.usable)
        return 1 if grey else report.n_channels

    @property
    def needs_labels(self) -> bool:
        """Whether each image to learn from must have labels; where not, labels only tell how well it does."""
        return bool(self.label_kinds)

    def serves(self, kind: LabelKind) -> bool:
        """Whether it learns from labels of a kind."""
        return kind in self.label_kinds

    # What its parameters say.

    def scale(self, parameters: Mapping[str, Any]) -> int:
        """How many pixels along an edge of a slice become one, by training or prediction parameters."""
        return int(parameters.get(self.scale_parameter, 1)) if self.scale_parameter else 1

    def plane(self, prediction: Mapping[str, Any]) -> Plane:
        """The plane of the slices that are seen."""
        return Plane(prediction.get(self.plane_parameter, Plane.XY)) if self.plane_parameter else Plane.XY

    def exact_scales(self, parameters: Mapping[str, Any]) -> tuple[float, float]:
        """How many slices of a volume, and pixels along an edge of a slice, become one; also in parts."""
        return 1.0, float(self.scale(parameters))

    def sized(self, card: ModelCard, parameters: Mapping[str, Any], size: VoxelSize, times: float) -> dict[str, Any]:
        """Training parameters with which a model to improve sees images at the size that it knows.

        Args:
            card: Of the model.
            parameters: Of the training so far.
            size: Of a voxel of the images.
            times: How many times larger (in x) their objects are than those that the model knows.

        Returns:
            What is otherwise than in ``parameters``; nothing where that makes no difference, or cannot be.
        """
        if not self.scale_parameter:
            return {}
        scale = max(1, round(times))
        return {} if scale == self.scale(parameters) else {self.scale_parameter: scale}

    def sized_words(self, changes: Mapping[str, Any]) -> str:
        """What ``sized`` does, to go behind “At” or “Learn at”."""
        return f"scale {changes[self.scale_parameter]}"

    def with_regions(self, parameters: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Training parameters with these classes learned as regions without objects; as they were where it does not
        tell them apart.
        """
        if not self.region_parameter:
            return dict(parameters)
        return {**parameters, self.region_parameter: list(names)}

    def learning_words(self, parameters: Mapping[str, Any]) -> str:
        """What the overview of a training says of them, to go behind the steps and patches."""
        scale = self.scale(parameters)
        return f", cut from images made {scale} times smaller" if scale > 1 else ""

    def gives_classes(self, decode: Mapping[str, Any]) -> bool:
        """Whether labels are class values, not objects."""
        return False

    def require_decode(self, card: ModelCard, decode: Any) -> None:
        """Refuse parameters of decoding that a model cannot follow, whatever the image.

        Args:
            card: The model.
            decode: Parameters of the recipe's own kind.

        Raises:
            UserError: If it cannot, with what it can.
        """

    def keeps_further(self, mode: str, decode: Mapping[str, Any]) -> bool:
        """Whether the files of ``further_results`` are written in a mode."""
        return False

    def foreign_settings(self, description: ForeignDescription) -> tuple[dict[str, Any], dict[str, Any]]:
        """Training parameters and parameters of decoding of a model of another program, by its description."""
        return {}, self.decode().model_dump()

    def settings_of(self, document: Mapping[str, Any]) -> ForeignSettings | None:
        """Settings of a training in a file of another program; None if it is none of those that it knows."""
        return None

    def shown_maps(self, prediction: Mapping[str, Any]) -> str:
        """What can be shown of its maps, in words; empty where nothing can."""
        words = [self.map_words] if self.map_words else []
        words += [UNCERTAINTY] if prediction.get(UNCERTAINTY) else []
        return " and ".join(words)

    # How it fits an image.

    def sees_every_plane(self, mode: str) -> bool:
        """Whether a mode looks at the image in all three planes."""
        return any(way.every_plane for way in self.modes if way.name == mode)

    def working_bytes(self, card: ModelCard, mode: str) -> int:
        """Bytes on disk for each voxel while a batch works, besides the results."""
        return MAP_BYTES * card.output_channels + LABEL_BYTES

    def suggestions(self, card: ModelCard, volume: Volume, plane: Plane | None = None) -> tuple[Advice, ...]:
        """Settings that would suit an image, whether or not they are the model's own.

        Args:
            card: The model.
            volume: The image.
            plane: The slices that the network sees; None takes those that the model would see by itself.
        """
        return ()

    def seen_at(self, card: ModelCard, volume: Volume, times: float) -> dict[str, float]:
        """Parameters of how the network sees an image whose objects are so many times larger (in x) than those that the
        model learned from; nothing for recipes that see images only as large as they are.
        """
        return {}

    def scales(
        self,
        card: ModelCard,
        prediction: Mapping[str, Any],
        size: VoxelSize | None = None,
        *,
        every_plane: bool = False,
    ) -> tuple[float, float, float]:
        """How many voxels (z, y, x) of an image become one before the network sees them.

        Args:
            card: The model.
            prediction: Parameters of how it sees the image.
            size: Of a voxel of the image.
            every_plane: Whether the mode is one that looks at the image in all three planes.
        """
        return 1.0, float(self.scale(prediction)), float(self.scale(prediction))

    def seen_edges(
        self, card: ModelCard, prediction: Mapping[str, Any], size: VoxelSize, *, every_plane: bool = False
    ) -> tuple[float, float, float]:
        """Edges (z, y, x) of a voxel as the network sees it, in the unit of the card, to lay beside those of the card.

        Args:
            card: The model, which knows the voxel size that it learned at.
            prediction: Parameters of how it sees the image.
            size: Of a voxel of the image.
            every_plane: Whether the mode is one that looks at the image in all three planes.
        """
        scale, (z, y, x) = self.scale(prediction), size.converted(card.voxel_size.unit).zyx
        return scale * z, scale * y, scale * x

    def doubts(self, volume: Volume, mode: str, prediction: Mapping[str, Any]) -> tuple[str, ...]:
        """Sentences on why a way through an image, and how the network sees it there, do not suit it."""
        return ()

    # What to try next.

    def remedy(self, mistake: Mistake, parameters: Mapping[str, Any]) -> str:
        """What helps best against a kind of mistake, in a sentence.

        Args:
            mistake: The one to do something about.
            parameters: Training parameters of the model that made it.
        """
        from desktop_app.core.advice.remedies import REMEDIES  # asked after a training, not when the window opens

        return self.remedies.get(mistake, REMEDIES[mistake])

    def repaired(self, mistake: Mistake, parameters: Mapping[str, Any]) -> float:
        """Which share of a kind of mistake the remedy may repair, 0 to 1; decides between it and other advice."""
        from desktop_app.core.advice.remedies import REPAIRED

        return REPAIRED[mistake]

    def least_steps(self, *, finetuned: bool) -> int:
        """Steps that a training takes at least, as a rule."""
        return self.steps

    def more_to_learn(self, parameters: Mapping[str, Any]) -> str:
        """Which part of a finetuned model did not learn, and what to set for more; empty if all learned."""
        return ""
