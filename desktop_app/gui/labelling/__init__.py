"""Labelling by hand: the panel, and the way from the pointer to the tools."""
