"""Updates of the program: looked for only when asked to, fetched whole, and undone by one step."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.layers import numbers
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.io.atomic import make_folder
from desktop_app.io.layers.running import running_layers
from desktop_app.io.layers.state import AppChoice, read_state, write_state
from desktop_app.io.layers.store import remove_unused
from desktop_app.io.settings import data_folder, settings_folder
from desktop_app.io.version import own_version
from desktop_app.jobs.layers.fetch import LayerOffer, fetch_layer, look_for_layer

_KEPT_COPIES = 5  # of the settings: as many updates back


@dataclass(frozen=True, slots=True)
class UpdateLook:
    """What there is.

    Attributes:
        version: That runs.
        offer: A newer one; None where there is none.
        whole: Whether it needs the whole program to be installed anew, because its libraries changed.
    """

    version: str
    offer: LayerOffer | None
    whole: bool = False


def look_for_update(source: str, ctx: JobContext) -> UpdateLook:
    """Ask a server, or look into a folder, whether there is a newer version; nothing is sent about this computer.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If there is no description, or its signature is wrong.
    """
    offer = look_for_layer(source, "app", ctx)
    version, layers = own_version(), running_layers()
    if numbers(offer.manifest.version) <= numbers(version):
        ctx.report(Note("info", f"This is the newest version ({version})."))
        return UpdateLook(version, None)
    whole = layers is not None and offer.manifest.runtime != layers.runtime
    ctx.report(Note("info", f"Version {offer.manifest.version} is there; this is {version}."))
    return UpdateLook(version, offer, whole)


def install_update(look: UpdateLook, ctx: JobContext) -> Path:
    """Fetch the newer app and use it from the next start on; settings are copied before.

    If it never shows its window, the version before it runs again by itself.

    Returns:
        The folder of the copied settings.

    Raises:
        UserError: If there is nothing to install, or it needs the whole program anew.
        JobCancelled: When asked to stop; nothing has changed then.
    """
    if look.offer is None:
        raise UserError("There is no newer version.")
    if look.whole:
        raise UserError(
            f"Version {look.offer.manifest.version} needs newer libraries as well.",
            hint="Download its installer and run it; projects, models and settings stay.",
        )
    folder = fetch_layer(look.offer, ctx)
    copies = copy_settings(look.version)
    state = read_state()
    before = state.app.folder if state.app is not None else ""
    write_state(state.model_copy(update={"app": AppChoice(folder=folder.name, before=before)}))
    remove_unused()
    ctx.report(Note("info", f"Version {look.offer.manifest.version} is used from the next start on."))
    return copies


def go_back(ctx: JobContext) -> str:
    """Use the version before the last update from the next start on; what it will be, in words.

    Raises:
        UserError: If no update was installed.
    """
    state = read_state()
    if state.app is None or not state.app.folder:
        raise UserError("There is no earlier version to go back to: no update was installed.")
    before = state.app.before
    chosen = AppChoice(folder=before, confirmed=True) if before else None
    write_state(state.model_copy(update={"app": chosen}))
    words = before or "the installed version"
    ctx.report(Note("info", f"The next start uses {words}."))
    return words


def copy_settings(version: str) -> Path:
    """Copy the files of the settings into a folder named after the version that wrote them."""
    folder = data_folder() / "settings before updates" / version
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    for file in settings_folder().glob("*.*"):
        if file.is_file():
            shutil.copy2(file, folder / file.name)
    copies = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in copies[:-_KEPT_COPIES]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
