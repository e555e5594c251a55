"""The commands of the compiled tasks, and what they share."""
