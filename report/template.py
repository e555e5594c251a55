"""Fills the templates of this package; whatever comes from the data is escaped on the way.

File names, makes and messages are a stranger's text: only ``Markup``, which no data ever is, goes
into a page as it is.
"""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(name: str, **values: object) -> Markup:
    """Fills a template.

    Args:
        name: File in report/templates/.
        **values: What it uses; strings are escaped.

    Returns:
        HTML.

    Raises:
        jinja2.UndefinedError: If the template uses a value that is not given.
    """
    return Markup(_environment().get_template(name).render(values))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    environment.filters["percent"] = "{:.1%}".format
    return environment
