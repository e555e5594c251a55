"""What the pipeline is: configuration, feature keys, schema and how the components are wired."""
