"""The product's own recipe, as the others are run."""

from __future__ import annotations

from typing import Any

import torch

from desktop_app.ml.data.targets import LabelTargets
from desktop_app.ml.recipes.base import LossInput, Task
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe
from tests.benchmarks.separation.learned import SeparatingRecipe


class ProductRecipe(SeparatingRecipe):
    """Classes and depth alone."""

    more = 0
    ways = {}  # noqa: RUF012

    def label_targets(self, task: Task) -> LabelTargets:
        """Those of the product."""
        return SemanticRecipe.label_targets(self, task)

    def own_maps(self, outputs: Any) -> torch.Tensor:
        """None."""
        return outputs[:, :0]

    def own_loss(self, batch: LossInput) -> torch.Tensor:
        """Nothing."""
        return batch.outputs.new_zeros(())
