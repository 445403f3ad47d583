"""Trainings as published, to begin with: files of settings that come with the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from desktop_app.core.config.training import TrainingConfig
from desktop_app.io.resources import resource
from desktop_app.jobs.train.settings import read_settings


@dataclass(frozen=True, slots=True)
class Example:
    """The settings of a published training.

    Attributes:
        title: Shown to the user.
        advice: What it was for, and what it takes.
    """

    title: str
    advice: str


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "nnunet": Example(
            "nnU-Net, 3D at full resolution",
            "Isensee et al. 2021: 250,000 steps of two patches of 64 × 128 × 128; for a GPU, for days.",
        ),
        "cellseg3d-swin": Example(
            "CellSeg3D: Swin UNETR, nuclei in light-sheet volumes",
            "Achard et al. 2025: cubes of 64 px, generalised Dice; for a GPU. As many steps as suit your images.",
        ),
        "easyreg-lpba": Example(
            "easyreg: structures of the brain in MRI (LPBA)",
            "The demonstration of easyreg: 80,000 steps, each of two rounds of four cubes of 72 px, nothing changed at "
            "random; for a GPU, for days.",
        ),
        "embedseg-pretrain": Example(
            "mmv_im2im: EmbedSeg, pretrain",
            "Sonneck et al., arXiv 2209.02498, nuclei in bright field: one kept patch of 32 × 128 × 128 around each "
            "object, four a step; for a GPU.",
        ),
        "embedseg-finetune": Example(
            "mmv_im2im: EmbedSeg, finetune",
            "Sonneck et al., arXiv 2209.02498: goes on with patches of 32 × 512 × 512, cut anew for each step; start "
            "from the model of a pretraining. For a GPU, for days.",
        ),
        "wnet3d": Example(
            "CellSeg3D: WNet3D as published",
            "Achard et al. 2025. What comes out differs from one training to the next; the suggested values hold that "
            "together.",
        ),
    }
)
"""By the name that ``train --config`` takes, too; each is a file in ``resources/trainings``."""


def example_file(name: str) -> Path:
    """The file of settings of an example."""
    return resource("trainings", f"{name}.json")


def offered_for(name: str, config: TrainingConfig) -> bool:
    """Whether an example is of the method of a configuration; a model to improve keeps its own network."""
    said = read_settings(example_file(name))
    return said["recipe"] == config.recipe and (not config.start_from or said["network"] == config.network)


def settings_file(given: Path) -> Path:
    """The file that a command line means: one that is there, or an example by its name."""
    return example_file(str(given)) if str(given) in EXAMPLES and not given.exists() else given
