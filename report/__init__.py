"""Pages that a person reads: what is known of the data, in one file that opens offline."""
