"""Plots as SVG that takes its colours from the page, so that one serves for light and dark."""
