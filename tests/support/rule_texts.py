"""The words of the rules as a checker of their own: what was decided of each record, and what may leave because of it.

Written from docs/sharing.md and the texts of the rules, not from the code that decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from node.audience import Purpose, Tier
from node.directory import Member
from node.model import Custody, Incident, Outcome
from node.rules import Override
from node.signed import Label
from tests.support.contract import DIMENSIONS

# The table of docs/sharing.md: how many levels each tier sees of each dimension.
TABLE = {
    Tier.PUBLIC: (1, 1, 2, 2, 0, 0, 1),
    Tier.PEER: (2, 2, 2, 2, 1, 1, 2),
    Tier.COORDINATOR: (3, 3, 4, 4, 2, 3, 2),
}
BROAD = {"un", "ngo", "ingo", "nngo", "io", "rcrc", "nngo_or_rcrc", "ngo_or_rcrc", "other"}
# Where a label ends (TLP 2.0); what is RED is for named members.
COARSEST = {
    Label.AMBER_STRICT: Tier.COORDINATOR,
    Label.AMBER: Tier.COORDINATOR,
    Label.GREEN: Tier.PEER,
    Label.CLEAR: Tier.PUBLIC,
}


NOTHING_SAID = Override()


@dataclass
class Group:
    """Who belongs to an audience: since which moment of the day, and which old records were given to them."""

    owner: str
    countries: frozenset[str]
    hidden: bool
    members: dict[str, tuple[int, str]]

    def gives(self, reader: str, told: "Told", shared: int) -> bool:
        """Whether a record that was first shared with it at a moment may go to somebody because they belong to it."""
        if reader not in self.members or (
            self.countries and told.incident.where.country not in self.countries
        ):
            return False
        joined, old = self.members[reader]
        if shared >= joined or old == "all":
            return True
        return old != "none" and told.incident.when.latest >= date.fromisoformat(old)


@dataclass
class Told:
    """What people decided about one record, and what the policy of its organization says."""

    owner: str
    incident: Incident
    purpose: Purpose
    rcrc_consents: bool
    agreed: tuple[str, str]  # with which member, for which country: the place down to the point
    tiers: frozenset[Tier] = frozenset()
    members: frozenset[str] = frozenset()
    groups: dict[str, int] = field(
        default_factory=dict
    )  # audiences by name, and when it was first shared with each
    grants: dict[str, tuple[int, ...]] = field(
        default_factory=dict
    )  # levels that a member asked for and was granted
    said: Override = NOTHING_SAID
    gone: bool = False  # called back, or withdrawn


def check_whether(told: Told, reader: Member, label: int, today: date, *, named: bool) -> None:
    """Check that the record may be opened to a member at all, by the text of the rules."""
    incident, tier = told.incident, reader.tier
    assert not told.gone, "R18: what was called back is still opened"
    assert named or any(one <= tier for one in told.tiers), "R1"
    assert label, "R3: no label"
    asked = told.said.label
    if asked is not None:
        assert label <= asked, "R3: a wider label than was said"
        assert named or (asked in COARSEST and tier >= COARSEST[asked]), "R3: further than its label says"
    assert not incident.sensitive, "R8, R14"
    assert incident.means != "rape_sexual_assault", "R14"
    assert not incident.count(Outcome.SEXUALLY_ASSAULTED), "R14"
    if not told.said.captivity_released:
        assert incident.custody is not Custody.ONGOING, "R15"
        captured = incident.count(Outcome.ABDUCTED) + incident.count(Outcome.DETAINED)
        if captured and incident.custody is Custody.UNKNOWN:
            assert (today - incident.when.latest).days >= 365, "R15"
    if tier is Tier.PUBLIC:
        assert (today - incident.when.latest).days > 30, "R11: too early"
    assert not told.said.held, "P3"


def check_how_finely(told: Told, reader: Member, depths: tuple[int, ...]) -> None:
    """Check that no dimension is opened further than the texts let it."""
    most = list(TABLE[reader.tier])
    if (
        told.purpose is Purpose.ADVOCACY and reader.tier is not Tier.PUBLIC
    ):  # R16: for the public alone, and what it may see everybody may
        assert Tier.PUBLIC in told.tiers, "R16"
        most = list(TABLE[Tier.PUBLIC])
    if told.incident.where.country == "KEN":
        most[:2] = min(most[0], 2), min(most[1], 2)  # P1
    elif told.agreed == (reader.org_id, told.incident.where.country):
        most[1] = 4  # P2
    if reader.org_id in told.grants:  # P4
        most = [max(depth, level + 1) for depth, level in zip(most, told.grants[reader.org_id], strict=True)]
    for name, depth, allowed, said in zip(DIMENSIONS, depths, most, told.said.levels, strict=True):
        assert depth <= allowed, f"R3, R6, R8, R10, R11, R17, P1: {name}"
        assert depth <= said + 1, f"P3: {name}"


def check_values(told: Told, values: Mapping[str, tuple[str, ...]]) -> None:
    """Check that no value tells more than its level may."""
    for value, form in zip(values["when"], (r"\d{4}", r"\d{4}-\d\d", r"\d{4}-\d\d-\d\d"), strict=False):
        assert re.fullmatch(form, value), "R11"
    for level, value in enumerate(values["where"]):
        assert value.count("/") == level, "R10"
    for value, form in zip(values["victims"], (r"[\d+-]+", r"[^/]*", r"[^/]*(/[^/]*)*"), strict=False):
        assert re.fullmatch(form, value), "R8"
    target = " ".join(values["target"]).lower()
    assert told.rcrc_consents or "rcrc" not in target, "R7"
    assert set(filter(None, re.split(r"[ +;=\d]", target))) <= BROAD, "R6"
