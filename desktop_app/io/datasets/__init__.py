"""Layouts of training data."""
