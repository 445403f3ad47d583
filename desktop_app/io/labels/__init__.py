"""A project's labels on disk, safe against crashes."""

from desktop_app.io.labels.journal import Journal
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.session import LabelSession

__all__ = ["Journal", "LabelFile", "LabelSession"]
