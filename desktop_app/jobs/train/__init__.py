"""Training: from a look at the data to a run."""
