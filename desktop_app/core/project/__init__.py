"""Projects, their items and splits, and what must hold for them."""
