"""Small pictures out of large volumes, to be labelled."""
