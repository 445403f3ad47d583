"""Labels as values: what they mean, where they live, how they change."""

from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.labelling.store import ArrayLabelStore, Edit, LabelStore

__all__ = ["ArrayLabelStore", "Edit", "LabelClass", "LabelScheme", "LabelStore"]
