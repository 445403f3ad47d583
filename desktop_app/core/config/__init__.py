"""Frozen configurations of training, inference and the program, and their migrations."""
