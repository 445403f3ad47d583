"""Learning classes of pixels from painted strokes."""
