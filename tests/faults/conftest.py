"""Fixtures of the fault tests."""

from tests.support.network import network

__all__ = ["network"]
