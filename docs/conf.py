"""How Sphinx makes pages of what is written here: `make handbook`."""

from importlib.metadata import version as installed

project = "Tocsin"
copyright = "Tocsin maintainers, Apache-2.0"  # noqa: A001 (Sphinx reads this name)
release = installed("tocsin")

# The root of the sources is the root of the project, so that links read the same in a checkout and here.
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/adr/*.md"]
extensions = ["myst_parser"]
myst_heading_anchors = 4

# Links to folders of the code, and tables as text: tests/test_docs.py looks whether links lead somewhere.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]

locale_dirs = ["docs/locale"]
gettext_compact = False  # a catalogue for each page

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["direction.css"]
html_title = f"Tocsin {release}"
html_copy_source = False
html_show_sphinx = False
