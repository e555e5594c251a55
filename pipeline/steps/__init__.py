"""The pipeline in parts; ``pipeline.create_pipeline`` puts them together."""
