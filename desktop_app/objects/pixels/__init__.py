"""Classes of pixels from a few painted strokes: filters, and a forest that learns from them."""
