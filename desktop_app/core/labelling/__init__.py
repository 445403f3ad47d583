"""Label schemes, labelling tools, edits and their history."""
