"""What is served, how large it is, and how to ask it."""
