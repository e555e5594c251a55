"""The schema of the examples, written by hand."""
