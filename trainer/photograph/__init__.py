"""Photograph files in the graph: headers, the check at the door, the way they are shown."""
