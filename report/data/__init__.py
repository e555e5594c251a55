"""What photographs and masks look like: read from a folder or from a run's examples, and told."""
