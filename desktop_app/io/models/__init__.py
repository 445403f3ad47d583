"""Model bundles: everything needed to use trained weights, in one folder or one zipped file."""

from desktop_app.io.models.bundle import (
    CARD_FILE,
    MODEL_SUFFIX,
    PREVIEW_FILE,
    README_FILE,
    WEIGHTS_FILE,
    load_card,
    models_in,
    read_preview,
    read_weights,
    save_model,
    verify_model,
)
from desktop_app.io.models.exchange import export_model, import_model, replace_card

__all__ = [
    "CARD_FILE",
    "MODEL_SUFFIX",
    "PREVIEW_FILE",
    "README_FILE",
    "WEIGHTS_FILE",
    "export_model",
    "import_model",
    "load_card",
    "models_in",
    "read_preview",
    "read_weights",
    "replace_card",
    "save_model",
    "verify_model",
]
