"""Several clients' requests in one run of the model."""
