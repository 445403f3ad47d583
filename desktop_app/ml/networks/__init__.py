"""Network architectures, one per file, and their registry."""
