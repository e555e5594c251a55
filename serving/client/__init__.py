"""The client of the mask service, and ``studio-mask mask``; nothing here needs TensorFlow."""
