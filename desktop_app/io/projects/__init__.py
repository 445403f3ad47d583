"""Projects on disk: their file, lock, and folders."""

from desktop_app.io.projects.open_project import (
    PROJECT_SUFFIX,
    OpenProject,
    create_project,
    open_project,
    project_of,
)

__all__ = ["PROJECT_SUFFIX", "OpenProject", "create_project", "open_project", "project_of"]
