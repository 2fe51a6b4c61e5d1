"""Totals that nobody sees the parts of: what is declared, the shares of a number, and what both servers sign."""
