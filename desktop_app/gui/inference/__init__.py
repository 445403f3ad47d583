"""Running models: the live preview and the batch wizard."""
