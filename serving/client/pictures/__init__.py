"""What is made of a photograph and its mask."""
