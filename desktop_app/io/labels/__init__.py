"""A project's labels on disk, safe against crashes."""

from desktop_app.io.labels.journal import Journal
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.session import LabelSession
from desktop_app.io.labels.transfer import export_labels, import_labels, labels_volume

__all__ = ["Journal", "LabelFile", "LabelSession", "export_labels", "import_labels", "labels_volume"]
