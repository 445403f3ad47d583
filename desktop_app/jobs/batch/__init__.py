"""Models on images: a preview, or a folder of them."""
