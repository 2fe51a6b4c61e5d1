"""Anonymous reports from another machine: read, answered, opened and erased as beside the node, and by nobody else."""

from datetime import timedelta

import pytest

from casework.client.desk import RemoteDesk
from casework.errors import RefusedError
from casework.reporting import Intake
from casework.retention import retention_rules
from console.office import Office
from tests.casework.conftest import Clock
from tests.casework.remote import Remote, SignIn
from tests.casework.test_cw_11_access import faults
from tests.casework.test_cw_21_intake import intake, receipt
from tests.casework.test_desk import opening

pytestmark = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
__all__ = ["intake", "receipt"]


@pytest.mark.usefixtures("public_halves")
def test_a_report_is_read_answered_opened_and_erased_from_afar(
    office: Office,
    desk: SignIn,
    remote: Remote,
    intake: Intake,
    receipt: str,
    clock: Clock,
) -> None:
    focal, beside = remote("country_focal_point"), desk("country_focal_point")
    intake.write(receipt, "and this picture", b"a photograph" * 60_000)

    (listed,) = focal.tips()
    assert (listed.uid, listed.waits, len(listed.messages)) == (beside.tips()[0].uid, True, 2)
    assert not any(one.text or one.file for one in listed.messages)
    assert focal.tip(listed.name) == beside.tip(listed.name)

    for _ in range(2):
        focal.answer_tip(listed.name, "we look into it", request_id="once")
    assert [one.text for one in intake.read(receipt)][-1] == "we look into it"
    uid = focal.open_from_tip(listed.name, opening(owner="country-focal-point"))
    assert focal.find(uid) == uid
    with pytest.raises(RefusedError, match="before"):
        focal.open_from_tip(listed.name, opening())

    day, advocate = focal.propose_tip_erasure(listed.name), remote("survivor_advocate")
    with pytest.raises(RefusedError):
        focal.erase_tip(listed.name)
    assert day > beside.today
    clock.now += timedelta(days=retention_rules().grace_days + 8)
    advocate.erase_tip(listed.name)
    assert advocate.tips() == ()
    assert faults(office) == []


def test_who_takes_no_reports_in_learns_nothing_of_them(
    remote_owner: RemoteDesk, desk: SignIn, receipt: str
) -> None:
    assert receipt
    (report,) = desk("country_focal_point").tips()
    assert remote_owner.tips() == ()
    for ask in (
        remote_owner.tip,
        lambda tip: remote_owner.answer_tip(tip, "x"),
        lambda tip: remote_owner.open_from_tip(tip, opening()),
        remote_owner.propose_tip_erasure,
        remote_owner.erase_tip,
    ):
        told = []
        for name in (report.name, "T-0000"):
            with pytest.raises(RefusedError) as refused:
                ask(name)
            told.append((str(refused.value), refused.value.reason))
        assert told[0] == told[1]
