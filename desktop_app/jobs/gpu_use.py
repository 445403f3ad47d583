"""Whether the GPU of this computer is used, why not, and what its owner can do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from desktop_app.core.config.device import DEVICES
from desktop_app.core.config.layers import CUDA_CAPABILITY, CUDA_DRIVER, numbers
from desktop_app.io.graphics import GraphicsCard, NvidiaDriver

_NEWER_CARD = "A card by NVIDIA of the GeForce GTX 16 or RTX 20 series, or newer, makes training many times faster."
_PROCESSOR = "Models are computed on the processor."
_GET = "choose “Get GPU support…”"
_RESTART = "Restart the computer; if that does not help, install NVIDIA's newest driver."


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What was found.

    Attributes:
        driver: NVIDIA's, and its cards.
        makers: Of all graphics cards here, as ``makers_of_cards`` names them.
        working: Name (as torch has it) and title of each GPU that computed, best first.
        failed: Title and problem of each GPU that did not.
        is_installed: Whether this is the built program, which fetches GPU support itself.
        layer: Name of the GPU support in use; empty for none.
        is_chosen: Whether GPU support was fetched, used or not.
        notes: Why it is not used, in whole sentences of the start.
        knows_gpus: Whether the torch in use was built for GPUs at all.
        min_driver: Oldest driver by NVIDIA for it.
        min_capability: Compute capability of the oldest card for it.
    """

    driver: NvidiaDriver = field(default_factory=NvidiaDriver)
    makers: frozenset[str] = frozenset()
    working: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    is_installed: bool = False
    layer: str = ""
    is_chosen: bool = False
    notes: tuple[str, ...] = ()
    knows_gpus: bool = False
    min_driver: str = CUDA_DRIVER
    min_capability: float = CUDA_CAPABILITY


@dataclass(frozen=True, slots=True)
class GpuUse:
    """What is so.

    Attributes:
        words: Whether a GPU is used, and why not; begins in lower case, for a row of a table.
        next_step: What can be done, in whole sentences; empty where nothing needs to be.
    """

    words: str
    next_step: str = ""


def gpu_use(facts: GpuFacts) -> GpuUse:
    """Say what is so, by what was measured first and by what was found otherwise."""
    nvidia = [title for name, title in facts.working if name.startswith("cuda")]
    if nvidia:
        return GpuUse(f"in use: {nvidia[0]}" + (f" ({facts.layer})" if facts.layer else ""))
    if facts.working:
        name, title = facts.working[0]
        take = "choose it" if name in DEVICES else f"write {name}"
        return GpuUse(
            f"{title} computes; “Automatic” takes the processor, since not all networks were tried there",
            f"To use {title}, {take} as “Compute on” in the settings, and compare a short training.",
        )
    use = _with_cards(facts) if facts.driver.cards else _without_cards(facts)
    return GpuUse(f"not in use: {use.words}", use.next_step)


def reason_against(driver: NvidiaDriver, min_driver: str, min_capability: float) -> GpuUse | None:
    """Why no card here can be used whatever is installed, as far as the driver tells; None if one could be."""
    if not driver.cards:
        return None
    card = max(driver.cards, key=lambda one: one.capability)
    if 0 < card.capability < min_capability:
        words = f"the {card.name} is too old (compute capability {card.capability}, {min_capability} is needed)"
        return GpuUse(words, f"{_PROCESSOR} {_NEWER_CARD}")
    if numbers(card.driver) < numbers(min_driver or "0"):
        words = f"NVIDIA's driver {card.driver} is too old for PyTorch ({min_driver} or newer is needed)"
        return GpuUse(words, "Install NVIDIA's newest driver and restart the computer.")
    return None


def _with_cards(facts: GpuFacts) -> GpuUse:
    """NVIDIA's driver lists cards, and none of them computes."""
    if (against := reason_against(facts.driver, facts.min_driver, facts.min_capability)) is not None:
        return against
    card: GraphicsCard = facts.driver.cards[0]
    if facts.failed:
        title, problem = facts.failed[0]
        return GpuUse(f"{title} does not compute ({problem})", _RESTART)
    if facts.layer or (not facts.is_installed and facts.knows_gpus):
        return GpuUse(f"PyTorch for GPUs runs, and does not find the {card.name}", _RESTART)
    if facts.notes:
        return GpuUse(" ".join(facts.notes), f"To use the {card.name}, {_GET} again, or remove what is there.")
    if facts.is_installed:
        return GpuUse(f"GPU support is not installed for the {card.name}", f"To use it, {_GET}.")
    return GpuUse(
        "the installed PyTorch computes on processors alone",
        f"To use the {card.name}, install PyTorch's build for NVIDIA's cards in its place.",
    )


def _without_cards(facts: GpuFacts) -> GpuUse:
    """No card by NVIDIA answers: there is none, or no driver, or that is not well."""
    use = _nvidia_without_cards(facts) or _of_others(facts)
    if not facts.notes:
        return use
    return GpuUse(f"{use.words}. {' '.join(facts.notes)}", use.next_step)


def _nvidia_without_cards(facts: GpuFacts) -> GpuUse | None:
    driver = facts.driver
    if driver.is_there:
        said = f" ({driver.said})" if driver.said else ""
        return GpuUse(
            f"NVIDIA's driver is installed, and finds no card that works{said}",
            f"{_RESTART} In a virtual machine or a container, ask who runs it to pass the card on.",
        )
    if "NVIDIA" in facts.makers:
        then = f", then {_GET}" if facts.is_installed and not facts.is_chosen else ""
        return GpuUse(
            "there is a card by NVIDIA, but not its driver",
            f"Install NVIDIA's newest driver (nvidia.com/drivers) and restart the computer{then}.",
        )
    return None


def _of_others(facts: GpuFacts) -> GpuUse:
    if facts.failed:
        title, problem = facts.failed[0]
        return GpuUse(f"{title} does not compute ({problem})", "Update the system and its graphics driver.")
    if "Apple" in facts.makers:
        return GpuUse("PyTorch does not find Apple's GPU", "Update macOS.")
    if "AMD" in facts.makers:
        return GpuUse(
            "the graphics card is by AMD, and the PyTorch here is not for such cards",
            f"{_PROCESSOR} On Linux, Voxelwright can run from its source with PyTorch's build for AMD (ROCm).",
        )
    if "Intel" in facts.makers:
        return GpuUse(
            "the graphics card is by Intel, and the PyTorch here is not for such cards", f"{_PROCESSOR} {_NEWER_CARD}"
        )
    return GpuUse("no graphics card was found", f"{_PROCESSOR} {_NEWER_CARD}")
