"""Sampling, augmentation and caching of training data."""
