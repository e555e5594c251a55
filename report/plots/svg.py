"""Turns a matplotlib figure into SVG that lies in the page and looks like a part of it.

Text stays text in the page's font, and every colour is one of the page's CSS variables: matplotlib
knows only colours of its own, so each variable goes in as a colour that nothing else has.
"""

import contextlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, FAULT = "#010101", "#020202", "#060606"
SERIES = ("#030303", "#040404", "#050505")
_VARIABLES = {
    INK: "currentColor",
    SOFT: "var(--soft)",
    FAULT: "var(--fault)",
    SERIES[0]: "var(--series-1)",
    SERIES[1]: "var(--series-2)",
    SERIES[2]: "var(--series-3)",
}
# Narrow, so that the text can still be read when a phone shrinks it to its width.
_WIDTH = 4.8  # inches of 72 points
_STYLE = {
    "svg.fonttype": "none",
    # Without it ids are random, and a page would differ from itself.
    "svg.hashsalt": "report",
    "font.size": 10,
    # A make with two dollar signs is no formula.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Plot:
    """A plot for the page.

    Attributes:
        svg: One ``<svg>`` element.
        caption: What it shows, plain text.
    """

    svg: Markup
    caption: str


class Canvas:
    """A figure with one pair of axes, to be drawn on and then taken as a Plot.

    Attributes:
        axes: Where to draw.
    """

    def __init__(self, figure: Figure, axes: Axes) -> None:
        """Takes both; see ``canvas``."""
        self.axes = axes
        self._figure = figure

    def legend(self) -> None:
        """Names the colours above the axes, where they hide nothing; if there are several."""
        handles, labels = self.axes.get_legend_handles_labels()
        if len(labels) > 1:
            # Four names do not fit beside each other.
            columns = len(labels) if len(labels) < 4 else 2
            self._figure.legend(handles, labels, loc="outside upper center", ncols=columns)

    def plot(self, name: str, caption: str) -> Plot:
        """Finishes the figure.

        Args:
            name: Unique on the page, letters and hyphens; ids within the SVG begin with it.
            caption: See ``Plot``; screen readers get it as well.
        """
        drawn = StringIO()
        with warnings.catch_warnings():
            # Names may have letters that matplotlib's font has not; the browser has them.
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            self._figure.savefig(
                drawn,
                format="svg",
                transparent=True,
                metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
            )
        svg = drawn.getvalue()
        svg = svg[svg.index("<svg") :]
        for colour, variable in _VARIABLES.items():
            svg = svg.replace(colour, variable)
        svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
        # The page sets the size; the shape is in the viewBox.
        svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
        svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
        # Its fonts are fallbacks that a browser may or may not have; the page's font it has.
        svg = re.sub(r"font: ([0-9.]+px) [^;\"]*", r"font-size: \1", svg)
        label = f'<svg role="img" aria-label="{escape(caption)}"'
        return Plot(Markup(svg.replace("<svg", label, 1)), caption)


def percent(share: float, _: object = None) -> str:
    """Writes a tick's share, 0..1, as matplotlib's formatters are called."""
    return f"{100 * share:g}%"


@contextlib.contextmanager
def canvas(height: float) -> Iterator[Canvas]:
    """Makes a figure in the page's style; draw and call ``plot`` within.

    Args:
        height: Inches.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height))
        yield Canvas(figure, figure.subplots())
