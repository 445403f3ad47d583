"""Values and rules: NumPy and pydantic; no files, no Qt, no torch."""
