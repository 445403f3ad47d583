"""Images, labels and data sets: converted, prepared, imported, measured, compared."""
