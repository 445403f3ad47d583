"""A run as one file, to keep or to send."""

from __future__ import annotations

import zipfile
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.atomic import atomic_path, make_place, writing
from desktop_app.jobs.train.run import CONFIG_FILE

_PACKED = frozenset({".safetensors", ".pt", ".png", ".npz"})  # are as small as they get
_LEFT_OUT = frozenset({"cache"})  # folder of patches, which are cut anew, of the run and of parts of it
_OF_THIS_COMPUTER = frozenset({"lock.json"})  # says which program has the run


def zip_run(run: Path, out: Path, ctx: JobContext) -> Path:
    """Put a run folder into a zip file: settings, log, curves, pictures, checkpoints and the model.

    Raises:
        JobCancelled: If the user stops; nothing is left then.
        UserError: If the folder holds no run, or the disk refuses.
    """
    if not (run / CONFIG_FILE).is_file():
        raise UserError(f"The folder {run.name} holds no training run.", hint="Choose the folder of a training run.")
    files = [path for path in sorted(run.rglob("*")) if _packed(path.relative_to(run)) and path.is_file()]
    make_place(out)
    with (
        writing(out),
        atomic_path(out) as temporary,
        # Clocks of other computers may say 1970, which the format does not hold.
        zipfile.ZipFile(temporary, "w", strict_timestamps=False) as archive,
    ):
        for number, path in enumerate(files):
            ctx.raise_if_cancelled()
            ctx.report(Progress(number, len(files), f"Packing {path.name}"))
            method = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
            archive.write(path, Path(run.name) / path.relative_to(run), method)
    ctx.report(Progress(len(files), len(files), f"Written: {out.name}"))
    return out


def _packed(inside: Path) -> bool:
    """Whether a file of a run, by its path within it, goes with it."""
    return not _LEFT_OUT & set(inside.parts[:-1]) and inside.name not in _OF_THIS_COMPUTER
