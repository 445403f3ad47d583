"""``voxelwright check-computer``, ``gpu-support`` and ``update``: this computer, and the installed program on it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import FAILED, WRONG, Json
from desktop_app.jobs.computer import MEASURED_SECONDS, check_computer
from desktop_app.jobs.layers.gpu import (
    get_gpu_support,
    gpu_offer_in_words,
    look_for_gpu_support,
    remove_gpu_support,
)
from desktop_app.jobs.layers.updates import go_back, install_update, look_for_update

_SOURCE = "Web address or folder (a USB stick) that holds the parts."
_YES = "Do not ask before anything is fetched."

_Source = Annotated[str, typer.Option("--from", metavar="ADDRESS|FOLDER", help=_SOURCE)]
Yes = Annotated[bool, typer.Option("--yes", help=_YES)]


def check_computer_command(
    seconds: Annotated[float, typer.Option(min=0.2, max=600, help="s of measuring.")] = MEASURED_SECONDS,
    as_json: Json = False,
) -> None:
    """Show processor, memory, disk, graphics cards and driver, and measure how fast models train on each device."""
    report = run_job(partial(check_computer, seconds=seconds), as_json)
    show_result(report, as_json, report.text())


def gpu_support_command(
    source: _Source = "",
    remove: Annotated[bool, typer.Option("--remove", help="Compute on the processor again.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Get PyTorch for NVIDIA GPUs into the installed program: sizes first, then load, check, try; or remove it."""
    if remove:
        removed = run_job(remove_gpu_support, as_json)
        show_result({"removed": removed}, as_json, "" if removed else "There is no GPU support to remove.")
        return
    _require_source(source)
    offer = run_job(partial(look_for_gpu_support, source), as_json)
    _ask(gpu_offer_in_words(offer), yes)
    result = run_job(partial(get_gpu_support, offer), as_json)
    show_result(result, as_json, result.device or result.reason)
    if not result.device:
        raise typer.Exit(FAILED)


def update_command(
    source: _Source = "",
    back: Annotated[bool, typer.Option("--back", help="Use the version before the last update again.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Look for a newer version of the installed program, and install it if you agree; --back undoes that."""
    if back:
        words = run_job(go_back, as_json)
        show_result({"next_start": words}, as_json)
        return
    _require_source(source)
    look = run_job(partial(look_for_update, source), as_json)
    if look.offer is None:
        show_result({"version": look.version, "newer": ""}, as_json)
        return
    _ask(f"Version {look.offer.manifest.version}: {look.offer.in_words()}.\n{look.offer.manifest.changes}".strip(), yes)
    copies = run_job(partial(install_update, look), as_json)
    newer = look.offer.manifest.version
    show_result({"version": look.version, "newer": newer, "copies": str(copies)}, as_json, f"Settings kept in {copies}")


def _require_source(source: str) -> None:
    if not source:
        Console(stderr=True).print("Say where from: --from ADDRESS or --from FOLDER.", style="bold red")
        raise typer.Exit(WRONG)


def _ask(text: str, yes: bool) -> None:
    """Nothing is fetched without a yes; where nobody can answer, --yes is the answer."""
    if yes:
        return
    Console(stderr=True).print(text, markup=False)
    if not typer.confirm("Fetch it?", default=False, err=True):
        raise typer.Exit(WRONG)
