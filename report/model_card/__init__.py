"""The card that goes with a pushed model: collected from the run, written as markdown and JSON."""
