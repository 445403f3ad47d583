from __future__ import annotations

import numpy as np
import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.ml.inference.finite import require_finite
from desktop_app.ml.inference.loading import fill_weights, network_of
from tests.cards import semantic_card


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_outputs_that_are_no_numbers_are_refused(value: float) -> None:
    good, bad = torch.zeros(2, 3), torch.zeros(2, 3)
    require_finite(good, good)
    bad[1, 2] = value
    with pytest.raises(UserError, match="not numbers"):
        require_finite(good, bad)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    card = semantic_card(
        name="broken",
        network="unet2d",
        network_arguments={"channels": 4, "levels": 2},
        dimensions=2,
        patch_size=(1, 16, 16),
        divisor=(1, 2, 2),
    )
    network = network_of(card)
    weights = {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}
    fill_weights(network, weights, card.name)
    name = next(name for name, array in weights.items() if array.dtype == np.float32)
    weights[name].reshape(-1)[0] = value
    with pytest.raises(UserError, match="“broken” cannot be used: 1 of its weights"):
        fill_weights(network, weights, card.name)


def test_numbers_whose_sum_is_too_large_are_numbers() -> None:
    require_finite(torch.full((8,), 3e38), torch.full((4, 4), -6e4, dtype=torch.float16))
    with pytest.raises(UserError):
        require_finite(torch.tensor([3e38] * 8 + [float("inf")]))
    with pytest.raises(UserError):
        require_finite(torch.tensor([float("inf"), -float("inf")]))
