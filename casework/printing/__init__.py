"""How a page gets onto paper: CSV, SVG, HTML and the text of a typesetter; the same bytes for the same page."""
