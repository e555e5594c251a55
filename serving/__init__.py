"""Serving: the client, the command line, and a model server that needs no TensorFlow Serving.

In production ``tensorflow_model_server`` loads what the pipeline pushes. This package holds what
stands around it: a client of its gRPC interface, the ``studio-mask`` command, and
``EmbeddedServer``, which answers the same requests from Python, with the same statuses and texts.
Nothing is imported here, so that ``studio-mask --help`` does not wait for TensorFlow.
"""
