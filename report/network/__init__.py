"""Inside the networks: what their layers answer to one photograph."""
