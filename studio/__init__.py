"""Renders turntable studio photographs of cars, with masks and metadata, in Carvana's layout.

The real photographs may not be redistributed; these may. They let the whole pipeline be run, tested
and timed by anyone:

    python -m studio --cars 24 --out sample

`studio.dataset.render_dataset` does the same from Python, `studio.photograph.render_photograph`
makes a single picture.
"""

from studio.config import StudioConfig

__all__ = ["StudioConfig"]
