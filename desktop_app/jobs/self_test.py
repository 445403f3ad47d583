"""A test of the program by itself, where it is installed: whether all its parts are there and work together."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import desktop_app
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.registry import open_volume, refusal_to_write, writable_kinds, write_volume
from desktop_app.io.licences import libraries_of
from desktop_app.io.resources import resource
from desktop_app.jobs.named_modules import missing_modules, named_modules

_STEPS = 2  # of training: the losses go through the whole network once more than the first time
_PATIENCE = 180.0  # s for a worker to start: a cold disk reads some hundred MB of libraries


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What was tried.

    Attributes:
        passed: A sentence about each part that works.
        folder: Where the test's project, model and results lie.
    """

    passed: tuple[str, ...]
    folder: Path


def run_self_test(folder: Path, ctx: JobContext) -> SelfTest:
    """Look for the files and libraries of the program, write and read each format, train, run the model, use a worker.

    Args:
        folder: For what the test writes, some MB; it is made if it is missing.
        ctx: Told of each part.

    Raises:
        UserError: Naming the first part that is missing or does not work.
        JobCancelled: When asked to stop.
    """
    make_folder(folder)
    passed: list[str] = []
    # Shares of the progress bar, about what each takes; by eye.
    parts: tuple[tuple[float, Callable[[JobContext], str]], ...] = (
        (0.05, lambda _: _files_are_here()),
        (0.05, lambda _: _formats_work(folder / "formats")),
        (0.05, lambda _: _modules_are_here()),
        (0.70, lambda inner: _training_works(folder, inner)),
        (0.15, lambda _: _worker_answers()),
    )
    start = 0.0
    for share, part in parts:
        ctx.raise_if_cancelled()
        passed.append(part(SubContext(ctx, start, share)))
        start += share
        ctx.report(Note("info", passed[-1]))
    ctx.report(Progress(1, 1, "Self-test finished"))
    return SelfTest(tuple(passed), folder)


def _files_are_here() -> str:
    contents = resource("help", "contents.txt")
    wanted = [resource("icons", "voxelwright.png"), resource("models.json"), contents]
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise UserError(
            f"{missing[0].name} is missing, which comes with the program.", hint="Install the program again."
        )
    libraries = libraries_of()
    if not libraries:
        raise UserError("The list of libraries and their licences is empty.", hint="Install the program again.")
    pages = len(list(contents.parent.glob("*.md")))
    return f"Manual ({pages} pages), icons, models and licences ({len(libraries)} libraries) are here."


def _formats_work(folder: Path) -> str:
    """Write and read what can be written; let every format look at a file that it must refuse in one sentence."""
    make_folder(folder)
    voxels = np.arange(2 * 24 * 24, dtype=np.uint8).reshape(2, 24, 24)  # small, and of more than one slice
    like = Volume.from_array(voxels)
    kinds = [kind for kind in writable_kinds() if not refusal_to_write(folder / f"try{kind.ending}", like)]
    for kind in kinds:
        path = folder / f"try{kind.ending}"
        write_volume(path, like.source, like, flavour=kind.flavour)
        if not np.array_equal(open_volume(path).read(), voxels):
            raise UserError(f"{kind.title} was written, but holds something else when it is read.")
    for form in FORMATS.values():
        path = folder / f"nonsense{form.endings[0]}"
        path.write_bytes(b"This is no image." * 40)  # longer than what is sniffed at
        try:
            open_volume(path)
        except UserError:
            continue
    return f"{len(kinds)} ways of writing images and {len(FORMATS)} formats work."


def _modules_are_here() -> str:
    named = named_modules(Path(desktop_app.__file__).parent)
    missing = missing_modules(named)
    if missing:
        raise UserError(
            f"{missing[0]} is missing, which comes with the program.",
            hint="Install the program again.",
            details="\n".join(missing),
        )
    libraries = {one.module.partition(".")[0] for one in named} - sys.stdlib_module_names
    return f"{len(named)} imports of {len(libraries)} libraries find what they name."


def _training_works(folder: Path, ctx: JobContext) -> str:
    from desktop_app.jobs.demo import DemoConfig, run_demo
    from desktop_app.ml.losses.registry import LOSS_MODULES
    from desktop_app.ml.networks.registry import BUILDERS
    from desktop_app.ml.recipes.registry import COMPUTED

    result = run_demo(DemoConfig(folder, iterations=_STEPS, device="cpu", small=True), ctx)
    if result.evaluation.failed or not result.overlays:
        raise UserError("A small training ran, but its model could not be used on images.", hint="See the log.")
    return (
        f"A training of {_STEPS} steps ran and its model labelled {len(result.overlays)} volumes; "
        f"{len(COMPUTED)} methods, {len(BUILDERS)} networks and {len(LOSS_MODULES)} losses are here."
    )


def _worker_answers() -> str:
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            other = pool.submit(os.getpid).result(timeout=_PATIENCE)
    except (BrokenProcessPool, TimeoutError, OSError) as error:
        raise UserError("A worker process does not start.", hint="See the log.", details=repr(error)) from error
    if other == os.getpid():
        raise UserError("A worker process is not a process of its own.")
    return "A worker process starts and answers."
