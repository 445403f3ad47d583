from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import Metric
from desktop_app.ml.data.images import TrainingImage, affordable, cropped, marked_only
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.training.checkpoints import (
    Progression,
    has_checkpoint,
    load_optimiser,
    load_progression,
    load_weights,
    save_checkpoint,
)
from desktop_app.ml.training.logs import RunLog, draw_curves, round_numbers
from desktop_app.ml.training.patches import network_input
from desktop_app.ml.training.schedule import one_cycle, rate_at
from desktop_app.ml.training.weight_averaging import follow, learning_norms, refresh_statistics


def test_learning_rate_rises_then_falls() -> None:
    settings = OptimisationParameters(learning_rate=0.1, warm_up=0.1)
    rates = [rate_at(settings, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1)
    assert rates.index(max(rates)) in (9, 10)
    assert all(a > b for a, b in pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.002


def test_average_follows_quickly_at_first() -> None:
    slow, fast = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    torch.nn.init.constant_(slow.weight, 0.0)
    torch.nn.init.constant_(fast.weight, 1.0)
    follow(slow, fast, 0, 0.99)
    assert slow.weight.mean().item() == pytest.approx(0.9)
    torch.nn.init.constant_(slow.weight, 0.0)
    follow(slow, fast, 100_000, 0.99)
    assert slow.weight.mean().item() == pytest.approx(0.01)


def test_checkpoints_replace_each_other_and_keep_one(tmp_path: Path) -> None:
    folder = tmp_path / "last"
    assert not has_checkpoint(folder)
    for step in (1, 2):
        save_checkpoint(folder, Progression(step=step), {"w": torch.full((2,), float(step))}, {"o": [step]})
    assert load_progression(folder).step == 2
    assert load_weights(folder)["w"].tolist() == [2, 2]
    assert load_optimiser(folder) == {"o": [2]}
    assert sorted(p.suffix for p in folder.iterdir()) == [".json", ".pt", ".safetensors"]


def test_damaged_checkpoints_are_clear_errors(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, Progression(step=1), {"w": torch.zeros(2)}, {"o": 1})
    next(tmp_path.glob("*.safetensors")).write_bytes(b"broken")
    next(tmp_path.glob("*.pt")).write_bytes(b"broken")
    with pytest.raises(UserError, match="damaged"):
        load_weights(tmp_path)
    with pytest.raises(UserError, match="damaged"):
        load_optimiser(tmp_path)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(UserError, match="no complete checkpoint"):
        load_progression(tmp_path)


@pytest.mark.parametrize(
    ("writer", "error", "words"),
    [
        ("save_file", SafetensorError("I/O error: No space left on device (os error 28)"), "the disk is full"),
        ("save_file", SafetensorError("I/O error: Permission denied (os error 13)"), "no right to write"),
        ("torch.save", RuntimeError("[enforce fail at inline_container.cc:668] . unexpected pos"), "the disk is full"),
    ],
)
def test_a_full_disk_is_told_and_the_old_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str, error: Exception, words: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    save_checkpoint(tmp_path, Progression(step=1), {"a": torch.ones(1)}, {"x": 1})
    monkeypatch.setattr(f"desktop_app.ml.training.checkpoints.{writer}", refuse)
    with pytest.raises(UnwritableFileError, match=words):
        save_checkpoint(tmp_path, Progression(step=2), {"a": torch.zeros(1)}, {"x": 2})
    assert load_progression(tmp_path).step == 1
    assert float(load_weights(tmp_path)["a"]) == 1


def test_an_optimiser_file_cannot_run_code(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, Progression(step=1), {"w": torch.zeros(2)}, {"o": 1})
    torch.save({"evil": Path("x")}, next(tmp_path.glob("*.pt")))
    with pytest.raises(UserError, match="damaged"):
        load_optimiser(tmp_path)


def test_metrics_are_written_twice_and_resumed(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.add([Metric("loss/train", 10, 0.5), Metric("loss/train", 20, 0.25)])
    log.add([Metric("score/dice", 20, 0.75)])
    events = [
        Event.FromString(raw) for f in (tmp_path / "tensorboard").iterdir() for raw in RawEventFileLoader(str(f)).Load()
    ]
    values = {(v.tag, e.step): v.simple_value for e in events for v in e.summary.value}
    assert values == {("loss/train", 10): 0.5, ("loss/train", 20): 0.25, ("score/dice", 20): 0.75}
    resumed = RunLog.resumed(tmp_path, 10)
    resumed.add([Metric("loss/train", 20, 0.2)])
    assert resumed.curve("loss/train") == ([10, 20], [0.5, 0.2])
    assert (tmp_path / "metrics.csv").read_text().split() == [
        "step,name,value",
        "10,loss/train,0.5",
        "20,loss/train,0.2",
    ]


def test_a_row_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    for rest in ("20", "20,loss/train", "20,loss/train,", "20,loss/train,1e"):
        path.write_text(f"step,name,value\n10,loss/train,0.5\n{rest}")
        assert RunLog.resumed(tmp_path, 20).points == [Metric("loss/train", 10, 0.5)]
    path.write_text("step,name,value\n1x,loss/train,0.5\n20,loss/train,0.5\n")
    with pytest.raises(UserError, match=r"metrics\.csv: it is damaged \(row 1\)"):
        RunLog.resumed(tmp_path, 20)


def test_tensorboard_forgets_what_was_written_after_the_state_that_is_gone_on_from(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    for step in (10, 20, 30):
        log.add([Metric("loss/train", step, float(step))])
    log.add_picture("validation", 30, np.zeros((4, 4, 3), np.uint8))
    resumed = RunLog.resumed(tmp_path, 20)
    resumed.add([Metric("loss/train", 30, 0.5), Metric("loss/train", 40, 0.25)])
    seen = EventAccumulator(str(tmp_path / "tensorboard"))
    seen.Reload()
    assert [(e.step, e.value) for e in seen.Scalars("loss/train")] == [(10, 10), (20, 20), (30, 0.5), (40, 0.25)]
    assert seen.Images("validation") == []


def test_curves_are_drawn_in_their_colours(tmp_path: Path) -> None:
    path = tmp_path / "loss.png"
    draw_curves(path, "Loss", {"loss/train": ([1, 2, 3], [3.0, 2.0, 1.0]), "one": ([2], [2.0]), "none": ([], [])})
    picture = np.asarray(Image.open(path).convert("RGB"))
    coloured = (picture == (32, 110, 190)).all(-1)
    assert coloured.sum() > 400
    draw_curves(tmp_path / "empty.png", "Loss", {"loss": ([], [])})
    two = {"what decides": ([1, 2], [0.5, 0.6]), "overlap": ([1, 2], [0.5, 0.6])}
    draw_curves(tmp_path / "two.png", "Scores", two)
    draw_curves(tmp_path / "one.png", "Scores", {"overlap": two["overlap"]})
    assert (tmp_path / "two.png").read_bytes() == (tmp_path / "one.png").read_bytes()
    assert not (tmp_path / "empty.png").exists()


def test_a_cropped_volume_shows_nothing_of_its_surroundings() -> None:
    array = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)
    part = cropped(Volume.from_array(array), Region((1, 2, 3), (4, 6, 7)))
    assert part.shape == (3, 4, 4)
    assert np.array_equal(part.read(), array[1:4, 2:6, 3:7])


def test_large_checks_are_cut_around_the_labels() -> None:
    points = np.array([[5, 900, 100], [7, 910, 120]])
    box = affordable((10, 1000, 1000), points, most=(96, 200, 200))
    assert box.shape == (10, 200, 200)
    assert all(box.contains((int(z), int(y), int(x))) for z, y, x in points)
    assert affordable((10, 20, 30), np.zeros((0, 3), np.int64), most=(96, 200, 200)) == Region.whole((10, 20, 30))


def test_marked_slices_become_an_image_of_their_own() -> None:
    array = np.arange(6 * 4 * 5, dtype=np.uint16).reshape(6, 4, 5)
    volume = Volume.from_array(array)
    source = TrainingImage("a", volume, volume, Region((1, 0, 1), (6, 4, 5)), slices=(0, 2, 5))
    marked = marked_only(source)
    assert marked.region.shape == (2, 4, 4)
    assert np.array_equal(marked.truth.read(marked.region), array[[2, 5], :, 1:])
    assert np.array_equal(marked.image.read(Region((1, 1, 0), (2, 3, 2))), array[5:6, 1:3, :2])
    assert marked_only(replace(source, slices=(0,))).slices == (0,)


@pytest.mark.parametrize("steps", [10, 100, 501])
def test_one_cycle_is_that_of_torch(steps: int) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.003, steps, pct_start=0.3, cycle_momentum=False)
    for step in range(steps):
        assert one_cycle(step, steps, 0.003, 0.3) == pytest.approx(schedule.get_last_lr()[0], rel=1e-6, abs=1e-12)
        optimiser.step()
        if step < steps - 1:
            schedule.step()


def test_a_cycle_of_one_step_ends() -> None:
    assert 0 < one_cycle(0, 1, 0.003, 0.3) <= 0.003


def _normed() -> torch.nn.Sequential:
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), BatchNorm(4), torch.nn.ReLU(), BatchNorm(4))


def test_averaged_weights_get_statistics_of_their_own() -> None:
    average, pictures = _normed().eval(), [5 + 3 * torch.randn(8, 1, 16, 16) for _ in range(4)]
    network = copy.deepcopy(average)
    assert learning_norms(network) == ["1", "3"]
    refresh_statistics(average, ["1", "3"], pictures, torch.device("cpu"))
    given = torch.cat([average[0](picture) for picture in pictures])
    norm = average[1]
    assert isinstance(norm, BatchNorm)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert torch.allclose(norm.running_mean, given.mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(norm.running_var, given.var(dim=(0, 2, 3)), rtol=0.05)
    assert not norm.training
    assert norm.momentum == 0.1


def test_networks_without_batch_statistics_are_left_alone() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.GroupNorm(2, 4))
    assert learning_norms(network) == []
    refresh_statistics(network, [], iter([torch.zeros(1)]), torch.device("cpu"))


@pytest.mark.parametrize(
    ("network", "order"),
    [("unet3d", torch.channels_last_3d), ("vnet3d", torch.contiguous_format), ("vnet2d", torch.channels_last)],
)
def test_patches_lie_in_memory_as_the_network_is_quickest(network: str, order: torch.memory_format) -> None:
    image, targets = torch.zeros(2, 3, 4, 8, 8), {"classes": torch.zeros(2, 4, 8, 8)}
    if network.endswith("2d"):
        image, targets = image[:, :, :1], {"classes": targets["classes"][:, :1]}
    moved, learned = network_input(image, targets, network, torch.device("cpu"))
    assert moved.is_contiguous(memory_format=order)
    flat = network.endswith("2d")
    assert moved.shape == ((2, 3, 8, 8) if flat else (2, 3, 4, 8, 8))
    assert learned["classes"].shape == ((2, 8, 8) if flat else (2, 4, 8, 8))


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [
        (0.0, 3000.0, [0, 1000, 2000, 3000]),
        (0.8374, 0.8701, [0.84, 0.85, 0.86, 0.87]),
        (-0.05, 1.05, [0, 0.5, 1]),
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (2.0, 2.1, [2, 2.02, 2.04, 2.06, 2.08, 2.1]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, numbers: list[float]) -> None:
    assert round_numbers(low, high) == numbers
