"""Taking pushed versions back: servers go on with an earlier one, and so does the pipeline."""
