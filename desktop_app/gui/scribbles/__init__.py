"""The scribble assistant: classes of pixels from a few painted strokes."""
