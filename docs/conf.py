"""Settings of the documentation; it builds without a network."""

import re

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, NumpyDocstring

import territorykit

project = "territorykit"
author = "The territorykit developers"
copyright = author
version = release = territorykit.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
html_theme = "furo"
html_title = "territorykit"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
copybutton_exclude = ".linenos, .gp, .go"

default_role = "code"  # `Plan` in a docstring is code, as it is in a message
autosummary_generate = True
autosummary_imported_members = True
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90

nitpicky = True
nitpick_ignore_regex = [
    # Types of other packages: their inventories would need a network.
    (r"py:.*", r"(collections|enum|logging|numpy|np|os|pathlib|pandas|pd|geopandas|gpd|networkx|nx|typing|types)\..*"),
    (r"py:.*", r"territorykit\..*\._\w+"),  # type variables
    (r"py:.*", r"(matplotlib|folium|libpysal|shapely|pyproj|scipy)\..*"),
]

NUMPYDOC = Config(napoleon_use_param=True, napoleon_use_rtype=False, napoleon_attr_annotations=False)
ARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[~?(typing\.)?Any, \.\.\.\], ~?numpy\.dtype\[~?numpy\.\w+\]\]")


def shorten(*event: object) -> tuple[str | None, ...]:
    """Write arrays as ndarray in signatures, and made-up defaults as dots; shapes stand in the text."""
    signature, returns = event[-2:]
    return tuple(
        text and ARRAY.sub("~numpy.ndarray", text).replace("<factory>", "...") for text in (signature, returns)
    )


def to_rest(app: Sphinx, what: str, *event: object) -> None:
    """Turn a numpydoc docstring into reStructuredText.

    A property is read like a method: napoleon would take its first sentence up to a colon for a type.
    """
    *known, lines = event
    kind = "method" if what in {"attribute", "property"} else what
    lines[:] = NumpyDocstring(list(lines), NUMPYDOC, app, kind, *known).lines()


def setup(app: Sphinx) -> None:
    """Connect what this page defines."""
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-process-docstring", to_rest)
