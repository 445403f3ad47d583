"""Projects and their invariants."""

from desktop_app.core.project.model import SCHEMA_VERSION, Item, Project

__all__ = ["SCHEMA_VERSION", "Item", "Project"]
