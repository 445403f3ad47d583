"""Start the program: the window, or one headless command."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from contextlib import nullcontext
from pathlib import Path

_SHOWN = (".vwproj", ".vwmodel")


def main() -> int:
    """Open the window when called without arguments or with what it shows, else run a command.

    Returns:
        The exit status: 0 done, 1 some cases failed, 2 wrong arguments or configuration, 130 cancelled.
    """
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--self-test"] and len(arguments) <= 2:
        return _test_all(*arguments[1:])
    if arguments[:1] == ["--try-gpu"]:
        from desktop_app.jobs.layers.gpu import answer_trial

        return answer_trial()
    if arguments and not _is_for_the_window(arguments[0]):
        from desktop_app.cli.app import run_command

        return run_command(arguments)
    gc.disable()  # 280 searches of a start find nothing worth 0.15 s; on again when the window stands
    try:
        from desktop_app.gui.app import run_window

        return run_window(arguments)
    finally:
        gc.enable()


def _is_for_the_window(argument: str) -> bool:
    """Whether a start names something to look at: a project, a file of one, a model, a file, or a folder of images."""
    path = Path(argument)
    if path.suffix in _SHOWN or (path.parent.suffix == ".vwproj" and path.name == "project.json"):
        return True
    if not path.exists():
        return False
    if path.suffix or path.name != argument:  # no command has an ending, or a folder before it
        return True
    from desktop_app.cli.app import is_command

    return not is_command(argument)


def _test_all(kept: str = "") -> int:
    """The program's self-test with the window; 0 if every part works.

    Args:
        kept: Folder for what the test writes; empty for one that is removed afterwards.
    """
    from desktop_app.cli.app import run_command
    from desktop_app.io.scratch import scratch_folder

    place = nullcontext(Path(kept)) if kept else scratch_folder("self-test")
    with place as folder:
        status = run_command(["self-test", "--out", str(folder)])
        if status != 0:
            return status
        from desktop_app.gui.window_check import check_window

        return check_window(folder / "demo.vwproj")


if __name__ == "__main__":
    sys.exit(main())
