"""Leaving while jobs run: ask, cancel, wait; never kill."""

from __future__ import annotations

from collections.abc import Callable

from desktop_app.gui.jobs.runner import JobRunner

Ask = Callable[[str, str, str, str], bool]
_WAIT_SECONDS = 15.0  # a training needs some seconds to write its checkpoint; after that the user is asked again


def jobs_may_end(runner: JobRunner, ask: Ask) -> bool:
    """Whether all jobs have ended, after asking the user where some still ran.

    Args:
        runner: Owns the jobs.
        ask: Gets title, text, and the words for yes and no.
    """
    jobs = runner.jobs()
    if not jobs:
        return True
    titles = "\n".join(f"•  {job.title}" for job in jobs)
    text = f"Still running:\n\n{titles}\n\nStop and close? What is finished is kept."
    if not ask("Close Voxelwright", text, "Stop and close", "Stay"):
        return False
    runner.cancel_all()
    while not runner.wait_all(_WAIT_SECONDS):
        if not ask("Close Voxelwright", "Some jobs need more time to stop.", "Keep waiting", "Stay"):
            return False
    return True
