"""Fixtures of the federation tests."""

from tests.support.network import network

__all__ = ["network"]
