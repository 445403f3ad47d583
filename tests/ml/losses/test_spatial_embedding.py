from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from desktop_app.ml.losses.spatial_embedding import EmbeddingUnits, SpatialEmbeddingLoss, lovasz_hinges

UNITS = EmbeddingUnits(span=40.0, first_radius=3.0, foreground=7.0)


def plain_loss(outputs, objects, centres, known, thickness, units: EmbeddingUnits) -> float:
    """The published formula in float64, object by object and over the whole patch."""
    total = 0.0
    for values, ids, marks, sure in zip(
        outputs.double().numpy(), objects.numpy(), centres.numpy(), known.numpy(), strict=True
    ):
        axes = ids.ndim
        scale = np.array([thickness] * (axes > 2) + [1.0] * 2) / units.span
        places = np.moveaxis(np.indices(ids.shape), 0, -1) * scale
        embeddings = places + np.moveaxis(np.tanh(values[:axes]), 0, -1)
        sigmas = np.moveaxis(values[axes:-1], 0, -1) + units.first_sigma
        seeds = 1 / (1 + np.exp(-values[-1]))
        hinges, spreads, wrong = [], [], float((seeds[(ids == 0) & sure] ** 2).sum())
        for number in range(1, ids.max() + 1):
            mask = (ids == number) & sure
            if not mask.any():
                continue
            marked = mask & (marks > 0)
            centre = (places[marked] if marked.sum() == 1 else places[mask]).mean(axis=0)
            mean = sigmas[mask].mean(axis=0)
            phi = np.exp(-(np.exp(10 * mean) * (embeddings - centre) ** 2).sum(axis=-1))
            hinges.append(plain_hinge(2 * phi[sure] - 1, mask[sure]))
            spreads.append(((sigmas[mask] - mean) ** 2).mean())
            wrong += units.foreground * ((seeds[mask] - phi[mask]) ** 2).sum()
        parts = (np.mean(hinges) if hinges else 0.0, np.mean(spreads) if spreads else 0.0, wrong / max(1, sure.sum()))
        total += sum(w * p for w, p in zip(units.weights, parts, strict=True))
    return total / len(outputs)


def plain_hinge(logits: np.ndarray, own: np.ndarray) -> float:
    errors = 1 - logits * (2.0 * own - 1)
    order = np.argsort(-errors, kind="stable")
    true = own[order].astype(float)
    jaccard = 1 - (true.sum() - np.cumsum(true)) / (true.sum() + np.cumsum(1 - true))
    return float((np.maximum(errors[order], 0) * np.diff(jaccard, prepend=0)).sum())


def patch(shape: tuple[int, ...], seed: int = 0, batch: int = 2) -> list[torch.Tensor]:
    """Raw outputs and what they are compared with: three objects, one of them cut up by unknown voxels."""
    rng = torch.Generator().manual_seed(seed)
    outputs = torch.randn((batch, 2 * len(shape) + 1, *shape), generator=rng) * 0.2
    objects = torch.zeros((batch, *shape), dtype=torch.int32)
    objects[..., 2:6, 2:6], objects[..., 2:6, 8:12], objects[..., 9:14, 3:9] = 1, 2, 3
    centres = torch.zeros((batch, *shape), dtype=torch.uint8)
    centres[(slice(None), *(0,) * (len(shape) - 2), 4, 4)] = 1
    centres[..., 11, 5] = 1  # once for each slice: an object with several takes its mean
    known = torch.ones((batch, *shape), dtype=torch.bool)
    known[..., 12:, :5] = False
    return [outputs, objects, centres, known]


@pytest.mark.parametrize("shape", [(16, 16), (3, 16, 16)])
def test_it_is_the_published_formula(shape: tuple[int, ...]) -> None:
    parts = patch(shape)
    loss, _ = SpatialEmbeddingLoss(UNITS)(*parts, torch.full((2,), 2.5))
    assert float(loss) == pytest.approx(plain_loss(*parts, 2.5, UNITS), abs=1e-5)


def test_nothing_found_at_first_is_the_published_start() -> None:
    published = EmbeddingUnits(1024.0, 1024 * math.sqrt(math.log(2) / math.exp(10.0)))
    assert published.first_sigma == pytest.approx(1.0)


def test_perfect_outputs_cost_nothing() -> None:
    outputs, objects, centres, known = patch((16, 16), batch=1)
    centres.zero_()
    known[:] = True
    outputs.zero_()
    outputs[:, :2, objects[0] == 0] = 5.0  # the background points far away
    outputs[:, 2:4] = 0.4  # so narrow that no object reaches the middle of another
    for number in (1, 2, 3):
        places = (objects[0] == number).nonzero().float()
        apart = places.mean(dim=0) - places
        at = tuple((objects[0] == number).nonzero().T)
        for axis in range(2):
            outputs[(0, axis, *at)] = torch.atanh(apart[:, axis] / UNITS.span)
    outputs[0, -1] = torch.where(objects[0] > 0, 20.0, -20.0)
    _, parts = SpatialEmbeddingLoss(UNITS)(outputs, objects, centres, known, torch.ones(1))
    assert parts["objects"] < 1e-3
    assert parts["evenness"] < 1e-6
    assert parts["seeds"] < 1e-6


def test_a_patch_without_objects_teaches_the_background() -> None:
    outputs, objects, centres, known = patch((16, 16))
    outputs.requires_grad_()
    objects.zero_()
    loss, parts = SpatialEmbeddingLoss(UNITS)(outputs, objects, centres, known, torch.ones(2))
    loss.backward()
    assert parts["objects"] == parts["evenness"] == 0
    assert loss > 0
    assert bool((outputs.grad[:, -1][known] > 0).all())
    assert not outputs.grad[:, :-1].any()


def test_unknown_voxels_change_nothing() -> None:
    outputs, objects, centres, known = patch((16, 16))
    one, _ = SpatialEmbeddingLoss(UNITS)(outputs, objects, centres, known, torch.ones(2))
    outputs = torch.where(known[:, None], outputs, torch.randn(outputs.shape))
    other, _ = SpatialEmbeddingLoss(UNITS)(outputs, torch.where(known, objects, 3), centres, known, torch.ones(2))
    assert float(one) == float(other)
    nothing, _ = SpatialEmbeddingLoss(UNITS)(outputs, objects, centres, torch.zeros_like(known), torch.ones(2))
    assert float(nothing) == 0


def test_an_object_all_of_which_is_unknown_is_not_there() -> None:
    outputs, objects, centres, known = patch((16, 16))
    known[objects == 2] = False
    loss, _ = SpatialEmbeddingLoss(UNITS)(outputs, objects, centres, known, torch.ones(2))
    gone = torch.where(objects == 2, 0, objects)
    assert float(loss) == pytest.approx(plain_loss(outputs, gone, centres, known, 1.0, UNITS), abs=1e-5)


def test_the_hinge_is_nothing_for_clear_answers_and_two_for_wrong_ones() -> None:
    own = torch.tensor([True, True, False, False])
    owner = torch.zeros(4, dtype=torch.long)
    assert lovasz_hinges(torch.tensor([1.0, 1.0, -1.0, -1.0]), own, owner, 1).tolist() == [0.0]
    assert lovasz_hinges(torch.tensor([-1.0, -1.0, 1.0, 1.0]), own, owner, 1).tolist() == pytest.approx([2.0])


def test_every_output_learns_from_objects() -> None:
    parts = patch((3, 16, 16))
    parts[0].requires_grad_()
    loss, _ = SpatialEmbeddingLoss(UNITS)(*parts, torch.ones(2))
    loss.backward()
    assert all(bool(parts[0].grad[:, channel].any()) for channel in range(7))
