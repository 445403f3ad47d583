"""Models: listed, imported, exported, downloaded."""
