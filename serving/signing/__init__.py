"""Signs what the pipeline pushes, and refuses what was altered on its way to the server."""
