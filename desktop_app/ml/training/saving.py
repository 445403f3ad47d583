"""What a run has made, written down: the model bundle, and what it depends on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.advice.start_fit import EXTENT
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.looks import VIEWS, LearnedViews
from desktop_app.core.score_trust import DECIDED, PARTS, RANGES, ScoreTrust
from desktop_app.core.training_result import Kept, Stopped
from desktop_app.io.disk_state import states_of
from desktop_app.io.images.registry import channel_files
from desktop_app.io.models import MODEL_SUFFIX, save_model
from desktop_app.ml.inference.devices import describe_device
from desktop_app.ml.training.checkpoints import Progression
from desktop_app.ml.training.plan import TrainingPlan

_PACKAGES = ("torch", "monai", "numpy", "scipy", "scikit-image", "voxelwright")


def save_trained(
    plan: TrainingPlan,
    card: ModelCard,
    best: Progression,
    weights: Mapping[str, torch.Tensor],
    stopped: Stopped,
    preview: NDArray[np.uint8] | None = None,
    *,
    kept: Kept = "learned",
    trust: ScoreTrust | None = None,
    extent: float = 0.0,
    doubts: tuple[str, ...] = (),
) -> Path:
    """Write the model bundle of the best weights into the run folder.

    Args:
        plan: Of the run.
        card: With the parameters of decoding.
        best: The state that is kept, and its scores.
        weights: Of the network.
        stopped: Why the run ended.
        preview: ``(Y, X, 3) uint8``.
        kept: Which weights these are, where a model was improved.
        trust: How far the scores can be trusted; None if there are none.
        extent: Median width of the objects that were checked, in pixels; 0 if that is not known.
        doubts: Why the result may be poor.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    arrays = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in weights.items()}
    training = {**manifest(plan), "best_step": best.step, "stopped": stopped}
    if plan.config.start_from:
        training |= {"kept": kept, "mean_with_start": kept == "mean"}
    if trust is not None:
        training |= {RANGES: dict(trust.ranges), "checked_on": list(trust.specimens)}
        training |= {PARTS: trust.parts} if trust.parts else {}
        training |= {DECIDED: trust.decided} if trust.decided else {}
    if extent:
        training[EXTENT] = _extent(plan, extent)
    if doubts:
        training["doubts"] = list(doubts)
    finished = card.model_copy(
        update={
            "created": datetime.now(UTC).replace(microsecond=0),
            "metrics": {name: round(float(value), 6) for name, value in best.best_scores.items()},
            "training": training,
        }
    )
    return save_model(plan.run / f"{plan.config.name}{MODEL_SUFFIX}", finished, arrays, preview)


def _extent(plan: TrainingPlan, px: float) -> dict[str, Any]:
    """How wide objects are: in pixels, and in the unit of the images where they state one."""
    size = (plan.data.validation or plan.data.train)[0].image.voxel_size
    told: dict[str, Any] = {"px": round(px, 1)}
    return told | ({"size": round(px * size.x, 4), "unit": size.unit} if size.known else {})


def manifest(plan: TrainingPlan) -> dict[str, Any]:
    """What the run depends on besides its configuration."""
    config, pretrained = plan.config, plan.start.pretrained
    return {
        "versions": _versions(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "seed": config.seed,
        "device": describe_device(plan.device),
        "images": len(config.dataset.pairs),
        "data_fingerprint": data_fingerprint(config),
        "steps": config.optimisation.iterations,
        "started_from": Path(config.start_from).name if config.start_from else None,
        "pretrained_encoder": pretrained.name if pretrained is not None else None,
        VIEWS: asdict(LearnedViews.by(config.augmentation)),
    }


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def data_fingerprint(config: TrainingConfig) -> str:
    """A short code of names, sizes and times of the data files; it changes when a file does."""
    named = [Path(text) for pair in config.dataset.pairs for text in (pair.image, pair.labels) if text is not None]
    paths = (file for path in named for file in channel_files(path))
    return hashlib.sha256(states_of(paths).encode()).hexdigest()[:16]  # 64 bits: none is met twice
