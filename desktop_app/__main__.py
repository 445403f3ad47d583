"""Start the program: the window, or one headless command."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Open the window when called without arguments or with a project, else run a command.

    Returns:
        The exit status: 0 done, 1 some cases failed, 2 wrong arguments or configuration, 130 cancelled.
    """
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments and not arguments[0].rstrip("/\\").endswith(".vwproj"):
        from desktop_app.cli.app import run_command

        return run_command(arguments)
    from desktop_app.gui.app import run_window

    return run_window(arguments)


if __name__ == "__main__":
    sys.exit(main())
