"""What a user sees of each network, without torch."""
