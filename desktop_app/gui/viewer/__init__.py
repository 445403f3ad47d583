"""The image view: three linked planes, contrast, labels on top, and the pointer in image coordinates."""
