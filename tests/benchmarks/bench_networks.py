"""What networks cost on a processor: a step of learning, a tile, a whole image through the product's own inference.

    python tests/benchmarks/bench_networks.py [NETWORK …] [--dimensions {2,3}] [--edge N] [--threads N] [--rounds N]

From the repository's root with ``PYTHONPATH=.``. Without names: the suggested networks of the recipe for regions and
objects, nnU-Net's, and, beside them, a plain ``monai.networks.nets.UNet`` of about as many weights as the residual
U-Net (a step and a tile only, as no model is made of it). All get what their records suggest for images of that size.
``--orders`` takes all networks and lays a step and a tile of each in both orders of memory side by side, which decides
on ``by_channel`` of its record; no budget. ``--beside-monai`` takes the networks whose parts are MONAI's and lays a
step of each, with its optimiser, beside one of MONAI's own class as its tutorials use it: same arguments, patch and
optimiser, in the order of memory that PyTorch begins with. Budget: no slower and no more memory, but for what two
measurements of the same differ by (a tenth).
Seconds are those of the processor (user and system, over all threads), the least of some rounds, so that other programs
on the computer count little; what a computer of one thread takes by the clock. The image is noise, of ``edge`` along y
and x, and in 3D half of that deep.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, cast

import numpy as np
import torch
from monai.networks.nets import DynUNet, SegResNet, UNet, VNet
from torch import nn

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.dynunet import DynUNetArguments, halvings
from desktop_app.core.networks.registry import NETWORKS, network_divisor
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs
from desktop_app.ml.networks.registry import memory_order, parameter_count
from desktop_app.ml.recipes.semantic.engine import class_maps, map_names
from desktop_app.ml.training.patches import network_input
from tests.peak_memory import memory_taken

OUTPUTS = 3  # background, nuclei, depth
OBJECT = (10.0, 12.0, 12.0)  # extent of a nucleus, voxels
USUAL = ("quick_unet", "unet", "dynunet")
OF_MONAI = ("segresnet", "dynunet", "attention_unet", "mednext", "swin_unetr", "vnet")


def say(text: str) -> None:
    """A line on the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def least_seconds(work: Callable[[], object], rounds: int) -> float:
    """Processor seconds of the quickest round, after one that makes everything ready."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def card_of(name: str, facts: ImageFacts) -> tuple[ModelCard, int]:
    """A model of nuclei with the suggested settings, and its patches per step."""
    settings, info = NETWORKS[name].suggest(facts), NETWORKS[name]
    card = ModelCard(
        name=name,
        recipe="semantic",
        network=name,
        network_arguments=settings.arguments,
        dimensions=info.dimensions,
        input_channels=1,
        output_channels=OUTPUTS,
        class_names=("Nucleus",),
        class_values=(1,),
        patch_size=settings.patch_size,
        divisor=network_divisor(name, settings.arguments),
    )
    return card, settings.batch_size


def costs(
    network: nn.Module, patch: Index3, batch: int, dimensions: int, rounds: int, order: torch.memory_format
) -> tuple[float, float]:
    """Seconds of the network in a step of learning, and of a pair of patches that are looked at only, each."""
    size = patch[-dimensions:]
    many, pair = (torch.randn(n, 1, *size).contiguous(memory_format=order) for n in (batch, 2))
    network = cast(Any, network).to(memory_format=order)

    def step() -> None:
        outputs = network(many)
        levels = list(outputs.values()) if isinstance(outputs, dict) else outputs
        finest = levels if isinstance(levels, torch.Tensor) else levels[0]
        finest.square().mean().backward()

    network.train()
    learning = least_seconds(step, rounds)
    network.eval()
    with torch.inference_mode():
        looking = least_seconds(lambda: network(pair), rounds) / 2
    return learning, looking


def seconds_of_maps(predictor: Predictor, volume: Volume, rounds: int) -> float:
    """Of all maps of an image, by the product's tiles."""
    card = predictor.card
    outputs = VoxelOutputs(map_names(card), lambda found: class_maps(found, card))

    def whole() -> None:
        predictor.predict(volume, None, TilingParameters(), RecordingContext(), outputs=outputs).close()

    return least_seconds(whole, rounds)


def plain_unet(dimensions: int) -> nn.Module:
    """MONAI's U-Net as its tutorials build it."""
    return UNet(dimensions, 1, OUTPUTS, (16, 32, 64, 128), (2, 2, 2), num_res_units=2, norm="batch")


def twin_of(card: ModelCard) -> nn.Module:
    """MONAI's own class with the arguments of a card."""
    arguments = {**card.network_arguments, "norm": "published"}
    kind = card.network.removesuffix("2d").removesuffix("3d")
    if kind == "dynunet":
        known = DynUNetArguments.model_validate(arguments)
        steps, most = halvings(known, cast(Dimensions, card.dimensions)), {2: 512, 3: 320}[card.dimensions]
        return DynUNet(
            card.dimensions, card.input_channels, card.output_channels, [3] * known.levels, steps, steps[1:],
            [min(known.channels * 2**level, most) for level in range(known.levels)],
            deep_supervision=True, deep_supr_num=max(1, known.levels - 2), res_block=known.residual,
        )  # fmt: skip
    if kind == "segresnet":
        channels = arguments["channels"]
        return SegResNet(
            card.dimensions, channels, card.input_channels, card.output_channels, blocks_down=(1, 2, 2, 4),
            norm=("GROUP", {"num_groups": 8}),
        )  # fmt: skip
    if kind == "vnet":
        return VNet(
            card.dimensions, card.input_channels, card.output_channels, dropout_prob_down=None,
            dropout_prob_up=(None, 0.0), dropout_dim=card.dimensions, bias=True,
        )  # fmt: skip
    return cast(nn.Module, network_of(card.model_copy(update={"network_arguments": arguments})).network)


def step_of(network: nn.Module, image: torch.Tensor) -> Callable[[], None]:
    """One step of learning with Adam, as often as it is called."""
    optimiser = torch.optim.AdamW(network.parameters(), 1e-4)

    def step() -> None:
        outputs = network(image)
        if isinstance(outputs, tuple):
            loss = sum(level.square().mean() for level in outputs)
        else:
            loss = (outputs.square() if torch.is_tensor(outputs) else outputs).mean()
        optimiser.zero_grad()
        cast(torch.Tensor, loss).backward()
        optimiser.step()

    network.train()
    return step


def step_alone(name: str, facts: ImageFacts, rounds: int, *, ours: bool) -> tuple[float, float]:
    """Seconds and MB of a step of a network, here or of MONAI, in a process that has done nothing else."""
    torch.set_num_threads(1)
    card, batch = card_of(name, facts)
    own = memory_order(name) if ours else torch.contiguous_format
    image = network_input(torch.randn(batch, 1, *card.patch_size), {}, name, torch.device("cpu"))[0]
    with memory_taken() as taken:
        network = cast(Any, network_of(card) if ours else twin_of(card)).to(memory_format=own)
        seconds = least_seconds(step_of(network, image.to(memory_format=own)), rounds)
    return seconds, taken.count / 2**20


def beside_monai(names: list[str], facts: ImageFacts, rounds: int) -> None:
    """A line for each network: seconds and memory of a step, here and in MONAI, and how many times as much here.

    Each in a process of its own: what one has freed the next would not have to ask for.
    """
    say(f"{'network':18s} {'patch':>14s}  batch  s a step: here MONAI  times   MB: here  MONAI  times")
    for name in names:
        card, batch = card_of(name, facts)
        found = []
        for ours in (True, False):
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                found.append(alone.submit(step_alone, name, facts, rounds, ours=ours).result())
        (here, memory), (there, memory_there) = found
        size = " × ".join(map(str, card.patch_size))
        of_time = f"{here:10.3f} {there:6.3f} {here / there:6.2f}"
        of_memory = f"{memory:6.0f} {memory_there:6.0f} {memory / memory_there:6.2f}"
        say(f"{name:18s} {size:>14s}  {batch:5d}    {of_time}    {of_memory}")


def both_orders(names: list[str], facts: ImageFacts, rounds: int) -> None:
    """A line for each network: seconds of a step and of a tile, voxel by voxel and channel by channel in memory."""
    say(f"{'network':18s} {'patch':>14s}  s a step: voxels channels  times  s a tile: voxels channels  times")
    for name in names:
        card, batch = card_of(name, facts)
        flat = card.dimensions == 2
        orders = (torch.channels_last if flat else torch.channels_last_3d, torch.contiguous_format)
        found = []
        for order in orders:
            torch.manual_seed(0)
            network = network_of(card)
            found.append(costs(network, card.patch_size, batch, card.dimensions, rounds, order))
        (step, tile), (step_by_channel, tile_by_channel) = found
        size = " × ".join(map(str, card.patch_size))
        of_step = f"{step:16.3f} {step_by_channel:8.3f} {step / step_by_channel:6.2f}"
        of_tile = f"{tile:17.3f} {tile_by_channel:8.3f} {tile / tile_by_channel:6.2f}"
        say(f"{name:18s} {size:>14s}  {of_step}  {of_tile}")


def main(given: argparse.Namespace) -> None:
    """Print the table."""
    torch.set_num_threads(given.threads)
    shape = (given.edge // 2 if given.dimensions == 3 else 1, given.edge, given.edge)
    facts = ImageFacts((shape,), OBJECT)
    grey = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    volume = Volume.from_array(grey, name="noise")
    layout = torch.channels_last if given.dimensions == 2 else torch.channels_last_3d
    say(f"{given.threads} threads, image {' × '.join(map(str, shape))}, processor seconds")
    if given.orders:
        known = [info.name for info in NETWORKS.values() if info.dimensions == given.dimensions]
        both_orders(given.names or [name for name in known if "panoptic" not in name], facts, given.rounds)
        return
    if given.beside_monai:
        beside_monai(given.names or [f"{known}{given.dimensions}d" for known in OF_MONAI], facts, given.rounds)
        return
    say(f"{'network':18s} weights  {'patch':>14s}  batch  s a step  s a patch  s an image  Mvoxel/s")
    for name in given.names or [f"{known}{given.dimensions}d" for known in USUAL]:
        card, batch = card_of(name, facts)
        network, order = network_of(card), memory_order(name)
        learning, looking = costs(network, card.patch_size, batch, given.dimensions, given.rounds, order)
        took = seconds_of_maps(predictor_of(card, network, torch.device("cpu")), volume, given.rounds)
        line = f"{learning:8.3f}  {looking:9.4f}  {took:10.2f}  {math.prod(shape) / took / 1e6:8.2f}"
        size = " × ".join(map(str, card.patch_size))
        say(f"{name:18s} {parameter_count(network) / 1e6:6.2f}M  {size:>14s}  {batch:5d}  {line}")
    network = plain_unet(given.dimensions)
    learning, looking = costs(network, card.patch_size, batch, given.dimensions, given.rounds, layout)
    line = f"{learning:8.3f}  {looking:9.4f}"
    say(f"{'MONAI UNet':18s} {parameter_count(network) / 1e6:6.2f}M  {size:>14s}  {batch:5d}  {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NETWORK")
    parser.add_argument("--dimensions", type=int, choices=(2, 3), default=3)
    parser.add_argument("--edge", type=int, default=192)
    parser.add_argument("--beside-monai", action="store_true")
    parser.add_argument("--orders", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    main(parser.parse_args())
