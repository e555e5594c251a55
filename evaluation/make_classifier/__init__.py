"""The gate of the make classifier: what it answers, how good that is, and whether it will do."""
