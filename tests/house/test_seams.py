"""Each seam costs one file and one line: a toy of each is registered and driven through jobs, commands and forms."""

from __future__ import annotations

# --- recipe ---

# --- network ---

# --- loss ---

# --- image format ---

# --- labelling tool ---

# --- object operation ---
