"""Every form of the console is tried with a write that fails: a new one that is in no table fails here."""

from collections.abc import Callable
from unittest.mock import patch

import pytest

from console.areas import kept_areas
from console.web.roles import Role
from console.web.routes import ROUTES
from console.web.visit import Works
from tests.console.web import test_failing_exchange, test_failing_pages
from tests.console.web.test_coordinator_areas import UNITY
from tests.console.web.test_failing_doors import DOORS
from tests.console.web.test_officer_faults import WRITES
from tests.support.browser import Browser

OFFICERS = {  # where each is tried
    "/case/access": "test_officer_faults",
    "/case/evidence/content": "test_officer_faults",
    "/case/joint": "test_officer_joint",
    "/cases/lock": "test_officer_faults",
    "/cases/open": "test_officer_faults",
    "/cases/papers": "test_officer_faults",
    "/cases/unlock": "test_officer_faults",
    "/cases/import": "test_officer_keeping",
    "/cases/import/cancel": "test_officer_keeping",
    "/cases/import/start": "test_officer_keeping",
    "/cases/keeping/erase": "test_officer_keeping",
    "/cases/report": "test_officer_inbox",
    "/cases/report/case": "test_officer_inbox",
    "/cases/report/erase": "test_officer_inbox",
    "/cases/report/file": "test_officer_inbox",
    "/cases/yearly": "test_officer_sheets",
}
ALIKE = {  # not tried one by one, for a reason
    "/areas": "one file that `write_file` replaces whole: below",
    "/ceremonies/join": "files that `write_file` replaces whole: test_focal_network",
    "/ceremonies/sponsor": "hands a file out and writes nothing: test_focal_network",
}


def test_every_form_is_in_a_table() -> None:
    tables = (
        test_failing_pages.FORMS,
        test_failing_pages.LOOKS,
        test_failing_exchange.FORMS,
        test_failing_exchange.LOOKS,
        test_failing_exchange.OVER_THE_LINE,
        DOORS,
        {one.action for one in WRITES.values()},
        OFFICERS,
        ALIKE,
    )
    tried = {path.partition(" ")[0] for table in tables for path in table}
    assert sorted(tried) == sorted(path for path, route in ROUTES.items() if route.takes is not None)


@pytest.mark.slow
def test_outlines_that_could_not_be_written_are_those_of_before(
    works: Works, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.COORDINATOR)
    form = browser.get("/areas").form("/areas") | {"country": "SSD", "version": "2024-03-14"}
    file = [("file", "areas.json", UNITY)]
    with patch("pathlib.Path.replace", side_effect=OSError(28, "No space left on device")):
        failed = browser.upload("/areas", form, file)
    assert (failed.status, "can not be written" in failed.words) == (422, True)
    assert kept_areas(works.home, "SSD") is None
    for _ in range(2):
        assert browser.upload("/areas", form, file).status == 303
    assert kept_areas(works.home, "SSD") is not None
