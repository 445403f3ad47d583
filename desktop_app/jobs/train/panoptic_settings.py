"""Settings of the recipe ``panoptic`` that follow from the data and the computer."""

from __future__ import annotations

import math
from statistics import median

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import (
    AugmentationParameters,
    OptimisationParameters,
    TrainingConfig,
    ValidationParameters,
)
from desktop_app.core.networks.base import NetworkSettings
from desktop_app.core.networks.panoptic import PATCH
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.jobs.device import gpu_memory_gb
from desktop_app.jobs.train.data_report import DataReport

RECIPE = "panoptic"
FINETUNE_STEPS = 100
_STEPS = 500
_VALIDATIONS = 5
_DECAY, _RISE = 0.1, 0.3
_RATES = ((16, 3e-3), (8, 2e-3), (1, 1e-3))
_ROOMY_GPU_GB = 7.5
_CHECKED_GPU, _CHECKED_CPU, _MOST_CHECKED = 64_000_000, 4_000_000, 32
_QUICK_OBJECT, _SHARP_OBJECT, _MOST_SHRUNK = 24.0, 48.0, 8
_SAME_SIZE = 0.1


def suggest_panoptic(report: DataReport, dataset: DatasetConfig) -> TrainingConfig:
    """A whole configuration: Panoptic-DeepLab with a GPU of 8 GB or more, else Panoptic-BiFPN.

    Args:
        report: Of ``inspect_dataset``.
        dataset: What was looked at, with its classes.
    """
    memory = gpu_memory_gb()
    network = "panoptic_deeplab" if memory >= _ROOMY_GPU_GB else "panoptic_bifpn"
    settings = panoptic_network_settings(report, network)
    return TrainingConfig(
        dataset=dataset,
        recipe=RECIPE,
        recipe_parameters={"downsampling": downsampling_for(report, roomy=memory >= _ROOMY_GPU_GB)},
        network=network,
        network_arguments=settings.arguments,
        patch_size=settings.patch_size,
        augmentation=_augmentation(report, dataset),
        optimisation=OptimisationParameters(
            iterations=_STEPS,
            batch_size=settings.batch_size,
            learning_rate=_rate(settings.batch_size),
            weight_decay=_DECAY,
            warm_up=_RISE,
            schedule="one_cycle",
            decay_all=False,
        ),
        validation=ValidationParameters(
            every=_STEPS // _VALIDATIONS, max_images=_checked_images(report, _CHECKED_GPU if memory else _CHECKED_CPU)
        ),
    )


def panoptic_network_settings(report: DataReport, network: str) -> NetworkSettings:
    """Encoder, patch and patches per step: as the computer and the images allow.

    Args:
        report: Of ``inspect_dataset``.
        network: A panoptic one.
    """
    memory = gpu_memory_gb()
    factor = downsampling_for(report, roomy=memory >= _ROOMY_GPU_GB)
    return NETWORKS[network].suggest(report.facts(memory).shrunk(factor))


def downsampling_for(report: DataReport, *, roomy: bool) -> int:
    """A magnification at which objects are 24 to 48 px across, or 48 to 96 with a large GPU.

    Images stay large enough for a patch or two.

    Args:
        report: Of ``inspect_dataset``.
        roomy: Whether there is a large GPU.
    """
    if report.object_size is None:
        return 1
    factor, smallest = 1, min((min(row.shape[1:]) for row in report.usable), default=0)
    least = _SHARP_OBJECT if roomy else _QUICK_OBJECT
    while factor < _MOST_SHRUNK and max(report.object_size[1:]) / (2 * factor) >= least:
        if smallest // (2 * factor) < PATCH:
            break
        factor *= 2
    return factor


def _rate(batch_size: int) -> float:
    """The usual rate of 16 patches per step, and less for fewer, whose gradients are noisier."""
    return next(rate for patches, rate in _RATES if batch_size >= patches)


def _checked_images(report: DataReport, pixels: int) -> int:
    """As many validation images as have that many pixels together: looking at them takes some ten steps."""
    sizes = [math.prod(row.shape) for row in report.usable]
    return max(1, min(_MOST_CHECKED, pixels // max(1, round(median(sizes))))) if sizes else 1


def _augmentation(report: DataReport, dataset: DatasetConfig) -> AugmentationParameters:
    """Milder changes of size than for models of all magnifications, where all images have one magnification.

    Models for everybody learn objects at 10 to 200 % of their size. Where images say that their pixels are alike, or
    say nothing but come from one source, so will those be that the model is used on; small copies of objects would only
    teach what never comes.
    """
    sizes = [row.voxel_size for row in report.usable if row.voxel_size is not None]
    known = [size for size in sizes if size.known]
    alike = all(size.same_as(known[0], _SAME_SIZE) for size in known)
    if len(known) < len(sizes):
        alike = alike and len({pair.group for pair in dataset.pairs}) <= 1
    scale, shrink = (0.3, 0.0) if alike else (1.0, 0.5)
    return AugmentationParameters(scale=scale, shrink=shrink, intensity=0.3)
