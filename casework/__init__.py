"""Casework: follow each serious incident until a host government has answered for it.

Private to one organization. Nothing here imports `node`; the composition root in `console` plugs the two together.
"""
