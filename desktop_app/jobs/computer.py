"""Check this computer: what it has, where models are computed, and how much a GPU helps."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass

import psutil

from desktop_app.core.config.layers import CUDA_CAPABILITY, CUDA_DRIVER
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.sizes import megabytes
from desktop_app.io.display_adapters import makers_of_cards
from desktop_app.io.graphics import NvidiaDriver, nvidia_driver
from desktop_app.io.layers.manifests import laid_manifest
from desktop_app.io.layers.running import running_layers
from desktop_app.io.layers.state import layers_folder, read_state
from desktop_app.io.settings import data_folder
from desktop_app.io.version import own_version
from desktop_app.jobs.gpu_use import GpuFacts, GpuUse, gpu_use

MEASURED_SECONDS = 10.0  # for all places together: long enough for steady figures, short enough to wait for
_LITTLE_MEMORY = 8e9  # bytes: below it a training on volumes of some hundred MB swaps
_LITTLE_DISK = 10e9  # bytes: some projects and runs
_EXAMPLE_STEPS = 1000  # of a training, for a time that says something


@dataclass(frozen=True, slots=True)
class ComputingPlace:
    """Where models can be computed.

    Attributes:
        name: As torch and ``--device`` name it.
        title: For a person.
        speed: Training steps a second; 0 where it failed.
        problem: Why it failed.
    """

    name: str
    title: str
    speed: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ComputerReport:
    """What was found.

    Attributes:
        facts: Pairs of a word and what is so.
        places: Where models can be computed, GPUs first.
        verdict: What it means, in one or two sentences.
        advice: What could be done, a sentence each.
    """

    facts: tuple[tuple[str, str], ...]
    places: tuple[ComputingPlace, ...]
    verdict: str
    advice: tuple[str, ...]

    @property
    def automatic(self) -> str:
        """Title of the place that “automatic” takes; empty where nothing computes."""
        taken = [place.title for place in self.places if place.speed > 0 and place.name.startswith(("cuda", "cpu"))]
        return taken[0] if taken else ""

    def text(self) -> str:
        """Everything, for the clipboard; names nobody and no file."""
        rows = [f"{word}: {fact}" for word, fact in self.facts]
        places = [
            f"{place.title} ({place.name}): {place.problem or f'{place.speed:.1f} training steps a second'}"
            for place in self.places
        ]
        return "\n".join(["Voxelwright, this computer", *rows, "", *places, "", self.verdict, *self.advice])


def check_computer(ctx: JobContext, seconds: float = MEASURED_SECONDS) -> ComputerReport:
    """List what this computer has and measure each place where models can be computed.

    Args:
        ctx: For progress and cancelling.
        seconds: Of measuring, for all places together.

    Raises:
        JobCancelled: When asked to stop.
    """
    ctx.report(Progress(0, 1, "Looking at the computer"))
    driver = nvidia_driver()
    ctx.report(Progress(0.1, 1, "Loading PyTorch"))
    from desktop_app.ml.inference.speed import places, steps_per_second

    measured = []
    found = places()
    for number, (name, title) in enumerate(found):
        ctx.report(Progress(0.2 + 0.8 * number / len(found), 1, f"Measuring: {title}"))
        try:
            measured.append(ComputingPlace(name, title, steps_per_second(name, seconds / len(found), ctx)))
        except RuntimeError as error:
            lines = str(error).strip().splitlines()
            measured.append(ComputingPlace(name, title, 0.0, lines[0] if lines else "it does not compute"))
    ctx.report(Progress(1, 1, "Checked"))
    use = gpu_use(_gpu_facts(driver, measured))
    facts = (*_facts(), *_cards(driver), ("GPU", use.words))
    return ComputerReport(facts, tuple(measured), verdict_on(measured), _advice(use))


def verdict_on(places: list[ComputingPlace]) -> str:
    """What the figures mean for a user."""
    working = [place for place in places if place.speed > 0]
    if not working:
        return "Nothing computes here; install the program again."
    best = max(working, key=lambda place: place.speed)
    cpu = next((place for place in working if place.name == "cpu"), None)
    minutes = _EXAMPLE_STEPS / best.speed / 60
    how_long = f"{_EXAMPLE_STEPS:,} small training steps take about {_in_words(minutes)}"
    if best.name == "cpu" or cpu is None:
        kind = "Models are computed on the processor" if best.name == "cpu" else f"Models are computed on {best.title}"
        return f"{kind}: {how_long}."
    times = best.speed / cpu.speed
    factor = f"{times:.0f}" if times >= 3 else f"{times:.1f}"  # less is told with a decimal
    return f"Training is {factor} times faster on {best.title} than on the processor: {how_long}."


def _in_words(minutes: float) -> str:
    if minutes >= 90:  # two hours are not told in minutes
        return f"{minutes / 60:.1f} hours"
    # Else in seconds: “1 minutes” is never said.
    return f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{max(1, round(minutes * 60))} seconds"


def _gpu_facts(driver: NvidiaDriver, measured: list[ComputingPlace]) -> GpuFacts:
    from desktop_app.ml.inference.devices import knows_gpus

    layers, chosen = running_layers(), read_state().gpu
    gpus = [place for place in measured if place.name != "cpu"]
    laid = laid_manifest(layers_folder() / chosen.folder) if chosen is not None else None
    return GpuFacts(
        driver=driver,
        makers=makers_of_cards(),
        working=tuple((place.name, place.title) for place in gpus if place.speed > 0),
        failed=tuple((place.title, place.problem) for place in gpus if place.speed <= 0),
        is_installed=layers is not None,
        layer=layers.gpu.name if layers is not None and layers.gpu is not None else "",
        is_chosen=chosen is not None,
        notes=tuple(note for note in layers.notes if "GPU" in note) if layers is not None else (),
        knows_gpus=knows_gpus(),
        min_driver=laid.min_driver if laid is not None else CUDA_DRIVER,
        min_capability=laid.min_capability if laid is not None else CUDA_CAPABILITY,
    )


def _facts() -> tuple[tuple[str, str], ...]:
    memory = psutil.virtual_memory()
    free = shutil.disk_usage(_existing()).free
    layers = running_layers()
    return (
        ("Version", f"Voxelwright {own_version()}" + (f", runtime {layers.runtime}" if layers is not None else "")),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Processor", f"{psutil.cpu_count(logical=False) or '?'} cores, {psutil.cpu_count()} threads"),
        ("Memory", f"{megabytes(memory.total)}, {megabytes(memory.available)} free"),
        ("Disk", f"{megabytes(free)} free where the program keeps its files"),
    )


def _cards(driver: NvidiaDriver) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            f"Graphics card {number}",
            f"{card.name}, {megabytes(card.memory)}, driver {card.driver}"
            + (f", compute capability {card.capability}" if card.capability else ""),
        )
        for number, card in enumerate(driver.cards, 1)
    )


def _advice(use: GpuUse) -> tuple[str, ...]:
    advice = [use.next_step] if use.next_step else []
    if psutil.virtual_memory().total < _LITTLE_MEMORY:
        advice.append("There is little memory: keep patches small, and close other programs while a model trains.")
    if shutil.disk_usage(_existing()).free < _LITTLE_DISK:
        advice.append("The disk is nearly full: copies for fast browsing and runs need room.")
    return tuple(advice)


def _existing() -> str:
    folder = data_folder()
    while not folder.exists():
        folder = folder.parent
    return str(folder)
