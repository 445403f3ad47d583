"""The losses a user may choose, described without torch."""
