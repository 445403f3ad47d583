"""Settings that follow from the data, and what they will cost."""

from __future__ import annotations

import math

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import OptimisationParameters, TrainingConfig, ValidationParameters
from desktop_app.core.networks.base import NetworkSettings
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.jobs.train.data_report import DataReport, Estimate
from desktop_app.jobs.train.panoptic_settings import RECIPE as PANOPTIC
from desktop_app.jobs.train.panoptic_settings import panoptic_network_settings, suggest_panoptic

_FLAT_STACK = 5.0
_FEW_SLICES = 8
_STEPS = 800
_VALIDATIONS = 4
_SECONDS_TO_START = 8.0
_TARGET_BYTES = 5


def suggest_training(report: DataReport, dataset: DatasetConfig, goal: str) -> TrainingConfig:
    """A whole configuration from what the data look like; Next-Next-Finish uses it as it is.

    Args:
        report: Of ``inspect_dataset``.
        dataset: What was looked at.
        goal: ``objects3d``, ``objects2d``, ``regions`` or ``organelles``.
    """
    if goal == "organelles":
        return suggest_panoptic(report, _with_classes(dataset, report))
    network = f"unet{_dimensions(report, goal)}d"
    settings = network_settings(report, network)
    return TrainingConfig(
        dataset=_with_classes(dataset, report),
        network=network,
        network_arguments=settings.arguments,
        recipe_parameters={"result": "objects"} if dataset.kind == "classes" and goal != "regions" else {},
        patch_size=settings.patch_size,
        optimisation=OptimisationParameters(iterations=_STEPS, batch_size=settings.batch_size),
        validation=ValidationParameters(every=_STEPS // _VALIDATIONS),
    )


def network_settings(report: DataReport, network: str) -> NetworkSettings:
    """What suits a network on these data.

    Args:
        report: Of ``inspect_dataset``.
        network: Key of ``NETWORKS``.
    """
    info = NETWORKS[network]
    if PANOPTIC in info.recipes:
        return panoptic_network_settings(report, network)
    return info.suggest(report.facts())


def _dimensions(report: DataReport, goal: str) -> int:
    if report.dimensions == 2 or goal == "objects2d":
        return 2
    if goal == "regions":
        slices = max((row.shape[0] for row in report.usable), default=1)
        thick = report.voxel_size.known and report.voxel_size.anisotropy >= _FLAT_STACK
        return 2 if slices < _FEW_SLICES or thick else 3
    return 3


def _with_classes(dataset: DatasetConfig, report: DataReport) -> DatasetConfig:
    """Class values found in the labels, where the data set does not name them itself."""
    untold = DatasetConfig(kind="classes")
    named = (dataset.class_values, dataset.class_names) != (untold.class_values, untold.class_names)
    if dataset.kind != "classes" or named:
        return dataset
    others = {0, dataset.unlabelled, dataset.background}
    values = sorted({v for row in report.rows for v in row.classes if v not in others})
    if not values or len(values) > 254:
        return dataset
    names = tuple(f"Class {v}" for v in values)
    return dataset.model_copy(update={"class_values": tuple(values), "class_names": names})


def estimate(config: TrainingConfig, report: DataReport) -> Estimate:
    """Time, memory and disk of a training; two steps are computed on the device to measure it."""
    from desktop_app.ml.training.cost import measure_cost

    channels = report.channels_for(config.recipe)
    cost = measure_cost(config, channels)
    rates, checks = config.optimisation, config.validation
    validated = min(checks.max_images, max(1, sum(row.role == "validation" for row in report.rows)))
    shrunk = int(config.recipe_parameters.get("downsampling", 1)) ** 2
    voxels = max((math.prod(row.shape) // shrunk for row in report.usable), default=0)
    per_check = validated * min(voxels, 96 * 512 * 512) * cost.seconds_per_voxel
    count = rates.iterations // checks.every + 2
    seconds = _SECONDS_TO_START + rates.iterations * cost.seconds_per_step + count * per_check
    data_gb = sum(math.prod(row.shape) for row in report.usable) * (4 * channels + _TARGET_BYTES) / 2**30
    return Estimate(
        seconds_per_step=cost.seconds_per_step,
        seconds=seconds,
        memory_gb=cost.memory_gb + min(data_gb, cost.free_memory_gb / 4),
        disk_gb=7 * 4 * cost.parameters / 2**30 + 0.01,
        device=cost.device,
    )
