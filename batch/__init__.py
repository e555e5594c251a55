"""Batch inference: masks of a hundred thousand photographs, without a server, on Apache Beam."""
