"""The versions of a model: which are wanted, where each is in its life, and their lending."""
