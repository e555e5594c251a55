"""The parts of the pages, one a file; each is built from what was read before, not from files."""
