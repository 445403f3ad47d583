"""Jobs in the window: a thread each, with progress, a log and a way to stop."""

from desktop_app.gui.jobs.handle import JobHandle
from desktop_app.gui.jobs.runner import JobRunner, Lane

__all__ = ["JobHandle", "JobRunner", "Lane"]
