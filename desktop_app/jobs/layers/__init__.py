"""Parts of the installed program that are fetched: updates, and a torch for GPUs."""
