"""Preferences, shortcuts, and the windows about the program itself."""
