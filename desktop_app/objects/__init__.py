"""Label arrays in, label arrays or tables out; no torch, no files."""
