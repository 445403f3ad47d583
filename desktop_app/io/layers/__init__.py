"""Layers of the installed program: what runs, what was fetched, and which of them the next start uses."""
