"""Models: the list, their cards, import and export."""
