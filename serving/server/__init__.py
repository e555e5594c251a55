"""A model server in Python that answers as ``tensorflow_model_server`` does, and its loader."""
