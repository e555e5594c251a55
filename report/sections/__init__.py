"""The parts of the page about the data, one a file; each is built from DataStatistics alone."""
