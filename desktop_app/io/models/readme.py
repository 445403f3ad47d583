"""The model card for people."""

from __future__ import annotations

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.networks.registry import USED_ONLY
from desktop_app.core.score_rows import metric_rows
from desktop_app.core.score_trust import trust_of


def model_readme(card: ModelCard) -> str:
    """``README.md`` of a bundle: what the model finds, in which images, how well, and who may use it."""
    size = " × ".join(str(n) for n in card.patch_size)
    lines = [
        f"# {card.name}",
        "",
        card.description or "A segmentation model made with Voxelwright.",
        "",
        "| | |",
        "|---|---|",
        f"| Finds | {', '.join(card.class_names)} |",
        f"| Images | {card.dimensions}D, {card.input_channels} channel{'s' if card.input_channels > 1 else ''} |",
        f"| Voxel size of the training images | {card.voxel_size.describe()} |",
        f"| Method, network | {card.recipe}, {card.network} |",
        f"| Patch size | {size} voxels (z, y, x) |",
        f"| {'Imported' if card.imported else 'Made'} | {card.created:%Y-%m-%d} |",
        f"| Licence | {card.licence or 'not stated'} |",
        f"| Citation | {card.citation or 'not stated'} |",
    ]
    if card.metrics:
        lines += ["", "## Scores", "", "| | |", "|---|---|"]
        rows = metric_rows(card)
        lines += [f"| {title} | {value} |" for title, value in rows]
        trust = trust_of(card.training)
        lines += ["", " ".join(trust.sentences)] if trust.sentences else []
        if any("(" in value for _, value in rows):
            lines += ["", "In brackets: between what a score lies nine times of ten when other images are drawn."]
    lines += ["", f"`model.json` has every setting; `weights.safetensors` has {_content(card)}.", ""]
    return "\n".join(lines)


def _content(card: ModelCard) -> str:
    if card.network in USED_ONLY:
        return "a program (TorchScript), which Voxelwright only runs where its user has agreed to it"
    return "the weights and cannot run code"
