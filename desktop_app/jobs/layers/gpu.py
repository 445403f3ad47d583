"""GPU support: fetching a torch for GPUs, trying it, using it from the next start on, and the way back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.json_text import parse_json
from desktop_app.io.graphics import NvidiaDriver, nvidia_driver
from desktop_app.io.layers.running import running_layers
from desktop_app.io.layers.state import GpuChoice, read_state, write_state
from desktop_app.io.layers.store import remove_unused
from desktop_app.jobs.gpu_use import reason_against
from desktop_app.jobs.layers.fetch import LayerOffer, fetch_layer, look_for_layer

TRIAL = "--try-gpu"
"""Argument with which the program tries a layer and ends; the layer's folder follows it."""
_PATIENCE = 300.0  # s: the first import reads some GB from a disk that may be slow
_TRIAL_SHARE = 0.1  # of the progress, by eye


@dataclass(frozen=True, slots=True)
class GpuResult:
    """What became of it.

    Attributes:
        device: The GPU's name; empty where it cannot be used.
        reason: Why not.
        folder: The layer.
    """

    device: str
    reason: str
    folder: Path


def look_for_gpu_support(source: str, ctx: JobContext) -> LayerOffer:
    """What could be fetched, with its sizes, and whether a card here could use it.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If there is none for this program, or its signature is wrong.
    """
    offer = look_for_layer(source, "gpu", ctx)
    layers = running_layers()
    if layers is not None and offer.manifest.runtime not in ("", layers.runtime):
        raise UserError(
            "This GPU support belongs to another version of Voxelwright.",
            hint="Get the one for the version that stands in Help → About.",
        )
    return replace(offer, doubt=_doubt(offer, nvidia_driver()))


def gpu_offer_in_words(offer: LayerOffer) -> str:
    """For the question whether to fetch it."""
    return f"PyTorch {offer.manifest.version} for GPUs: {offer.in_words()}. {offer.doubt}".strip()


def _doubt(offer: LayerOffer, driver: NvidiaDriver) -> str:
    """Some GB are not fetched for a card that is too old without having said so."""
    if not driver.cards:
        return "No graphics card by NVIDIA answers on this computer: it will be tried, and most likely not be used."
    against = reason_against(driver, offer.manifest.min_driver, offer.manifest.min_capability)
    return f"It will most likely not be used: {against.words}. {against.next_step}" if against is not None else ""


def get_gpu_support(offer: LayerOffer, ctx: JobContext) -> GpuResult:
    """Fetch the layer, try it in a process of its own, and use it from the next start on if it works.

    One that does not work is removed again, and what was used before stays.

    Raises:
        UserError: If a part is damaged or the disk too full.
        JobCancelled: When asked to stop.
    """
    folder = fetch_layer(offer, SubContext(ctx, 0.0, 1 - _TRIAL_SHARE))
    ctx.report(Progress(1 - _TRIAL_SHARE, 1, "Trying the GPU"))
    device, reason = try_layer(folder)
    state = read_state()
    if device:
        choice = GpuChoice(folder=folder.name, works=True, before=_way_back(state.gpu, folder.name))
        write_state(state.model_copy(update={"gpu": choice}))
        ctx.report(Note("info", f"GPU support is ready: {device}. It is used from the next start on."))
    else:
        ctx.report(Note("warning", f"GPU support does not work here and is not used: {reason}"))
    remove_unused()
    ctx.report(Progress(1, 1, "Done"))
    return GpuResult(device, reason, folder)


def _way_back(used: GpuChoice | None, new: str) -> str:
    """The layer before a new one; where that is in use already, as after a program that was killed, what it kept."""
    if used is None:
        return ""
    return used.before if used.folder == new else used.folder if used.works else ""


def remove_gpu_support(ctx: JobContext) -> bool:
    """Use the processor's torch again from the next start on; whether there was another."""
    state = read_state()
    if state.gpu is None:
        return False
    write_state(state.model_copy(update={"gpu": None}))
    running = running_layers()
    if running is None or running.gpu is None:
        remove_unused()
    ctx.report(Note("info", "Models are computed on the processor from the next start on."))
    return True


def try_layer(folder: Path) -> tuple[str, str]:
    """The name of the GPU on which the torch of a layer computes, and why it does not; one of both is empty."""
    built = bool(getattr(sys, "frozen", False))
    command = [sys.executable, *(() if built else ("-m", "desktop_app")), TRIAL, str(folder)]
    variables = dict(os.environ)
    if not built:
        variables["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [variables.get("PYTHONPATH", "")])])
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, env=variables, check=False, encoding="utf-8"
        )
        facts = parse_json(answer.stdout.strip().splitlines()[-1])
        return str(facts["device"]), str(facts["reason"])
    except subprocess.TimeoutExpired:
        return "", f"it did not answer within {_PATIENCE:.0f} s"
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return "", "it ended without an answer"


def answer_trial() -> int:
    """What the tried process does: one line of JSON, and status 0 if the GPU computes."""
    from desktop_app.ml.gpu_trial import gpu_problem

    device, reason = gpu_problem()
    sys.stdout.write(json.dumps({"device": device, "reason": reason}) + "\n")
    return 0 if device else 1
