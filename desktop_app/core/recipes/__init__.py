"""What a user sees of each family of methods, without torch: one package a family."""
