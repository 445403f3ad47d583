"""The window part of utilities: one form for all of them."""
