"""Settings of a panoptic training that follow from the data and the computer."""

from __future__ import annotations

import math
from statistics import median

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.learning import (
    EMPTY_SHARE,
    AugmentationParameters,
    OptimisationParameters,
    ValidationParameters,
)
from desktop_app.core.networks.panoptic import PATCH
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.suggested import SuggestedTraining, TrainingFacts

STEPS, FINETUNE_STEPS = 500, 100
"""Steps from scratch and to improve a model: the fewest of what the field ``iterations`` advises."""
VALIDATIONS = 5
"""About five times a run, as the field ``every`` advises."""
_DECAY, _RISE = 0.1, 0.3
"""Weight decay and share of rising steps of the published trainings (one cycle, AdamW)."""
_RATES = ((16, 3e-3), (8, 2e-3), (1, 1e-3))
"""From so many patches per step on, the rate: the published one for 16, less where gradients are noisier."""
_ROOMY_GPU_GB = 7.5
"""Panoptic-DeepLab with 16 patches of 256 px fits a GPU sold as 8 GB, which reports a little less."""
_CHECKED_GPU, _CHECKED_CPU, _MOST_CHECKED = 64_000_000, 4_000_000, 32
"""Pixels of all validation images together that take about ten steps to look at, and at most how many images."""
_QUICK_OBJECT, _SHARP_OBJECT = 24.0, 48.0
"""Objects stay at least this many px across when images are shrunk: on a processor, and with a large GPU."""
_LARGEST_SCALE = 8
"""Beyond, outlines that come back at full size show steps of the shrunk pixels."""
_ALL_SCALES, _ONE_SCALE = (1.0, 0.5), (0.3, 0.0)
"""Resizing and further shrinking, as shares of an object's size: for models of all scales, and where all images have
one scale; a judgement."""
_INTENSITY = 0.3
"""Change of brightness and contrast, a share: a judgement, as sections of a stack differ."""
_SAME_SIZE = 0.1
"""Voxel sizes that differ by a tenth are taken for the same, as microscopes state them."""


def suggested(facts: TrainingFacts) -> SuggestedTraining:
    """A whole training: Panoptic-DeepLab with a GPU of 8 GB or more, else Panoptic-BiFPN."""
    report, gpu_memory_gb = facts.report, facts.gpu_memory_gb
    network = "panoptic_deeplab" if gpu_memory_gb >= _ROOMY_GPU_GB else "panoptic_bifpn"
    scale = scale_for(report, gpu_memory_gb)
    settings = NETWORKS[network].suggest(report.facts(gpu_memory_gb).at_scale(scale))
    return SuggestedTraining(
        network,
        settings,
        {"downsampling": scale},
        OptimisationParameters(
            iterations=STEPS,
            batch_size=settings.batch_size,
            learning_rate=next(rate for patches, rate in _RATES if settings.batch_size >= patches),
            weight_decay=_DECAY,
            warm_up=_RISE,
            schedule="one_cycle",
            decay_all=False,
        ),
        ValidationParameters(
            every=STEPS // VALIDATIONS,
            max_images=_checked_images(report, _CHECKED_GPU if gpu_memory_gb else _CHECKED_CPU),
        ),
        _augmentation(report, facts.dataset),
    )


def scale_for(report: DataReport, gpu_memory_gb: float) -> int:
    """The scale at which objects are 24 to 48 px across, or 48 to 96 with a large GPU.

    Images stay large enough for a patch or two.
    """
    if report.object_size is None:
        return 1
    scale, smallest = 1, min((min(row.shape[1:]) for row in report.usable), default=0)
    least = _SHARP_OBJECT if gpu_memory_gb >= _ROOMY_GPU_GB else _QUICK_OBJECT
    while scale < _LARGEST_SCALE and max(report.object_size[1:]) / (2 * scale) >= least:
        if smallest // (2 * scale) < PATCH:
            break
        scale *= 2
    return scale


def _checked_images(report: DataReport, pixels: int) -> int:
    """As many validation images as have that many pixels together: looking at them takes some ten steps."""
    sizes = [math.prod(row.shape) for row in report.usable]
    return max(1, min(_MOST_CHECKED, pixels // max(1, round(median(sizes))))) if sizes else 1


def _augmentation(report: DataReport, dataset: DatasetConfig) -> AugmentationParameters:
    """Milder changes of size than for models of all scales, where all images have one scale.

    Models for everybody learn objects at 10 to 200 % of their size. Where images say that their pixels are alike, or
    say nothing but come from one source, so will those be that the model is used on; small copies of objects would only
    teach what never comes.
    """
    sizes = [row.voxel_size for row in report.usable if row.voxel_size is not None]
    known = [size for size in sizes if size.known]
    alike = all(size.same_as(known[0], _SAME_SIZE) for size in known)
    if len(known) < len(sizes):
        alike = alike and len({pair.group for pair in dataset.pairs}) <= 1
    scale, shrink = _ONE_SCALE if alike else _ALL_SCALES
    return AugmentationParameters(
        scale=scale, shrink=shrink, intensity=_INTENSITY, empty=EMPTY_SHARE, margin=EMPTY_SHARE
    )
