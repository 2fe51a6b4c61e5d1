"""One page as the table of pages knows it."""

from typing import NamedTuple

from console.web.roles import Role
from console.web.visit import Handler


class Route(NamedTuple):
    """One page.

    Attributes:
        roles: Who reaches it; `None` is everybody, signed in or not.
        shows: Answers who asks for it.
        takes: Answers who sends its form.
        keeps: What is typed on it is kept when the session has ended.
        sealed: That, and files that are sent to it, are held in memory alone: they are of a case.
        early: It is reached before the second step is set up, too.
        uploads: Bytes that its form may have with its files, where it has some.
        lists: Gives the whole list that it shows as a `Table`, where it shows one.
    """

    roles: frozenset[Role] | None
    shows: Handler | None = None
    takes: Handler | None = None
    keeps: bool = False
    sealed: bool = False
    early: bool = False
    uploads: int = 0
    lists: Handler | None = None
