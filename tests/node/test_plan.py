"""Who is to see a record and how finely, worked out for a single one: no database, no keys."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from node.audience import ALL_CLOSED, FINEST, Audience, Levels, Purpose, Tier, narrowest
from node.bounds import Bounds
from node.charter import EVERYTHING, Charter, Joining, Standing
from node.disclose import cut
from node.model import EmployerTally, Incident
from node.plan import Aim, Decided, Held, Outgoing, Plan, Request, aim_at, ask_rules
from node.policy import Agreement, baseline
from node.rules import Hold, Override
from node.scan import NO_NAMES
from node.share_request import Grant
from node.signed import Label
from node.store.own_log import Released, Terms
from node.store.records import Current
from tests.support.incidents import ASSAULT, SHOOTING

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NETWORK = {"beta": Tier.PEER, "gamma": Tier.COORDINATOR, "delta": Tier.PUBLIC}
LEVELS = baseline().levels
BOUNDS = Bounds(baseline(), NO_NAMES, NETWORK)
FORUM, CLUB = bytes(16), bytes([1] * 16)
NOTHING = Decided({}, {})
AGREED = Agreement("beta", frozenset(), date(2027, 1, 1), FINEST)


def asking(*, bounds: Bounds = BOUNDS, narrow_to: Tier | None = None) -> Request:
    return Request((), frozenset(), NOW, bounds, narrow_to=narrow_to)


def record(incident: Incident = SHOOTING, digest: bytes = b"digest", revision_id: int = 5) -> Current:
    return Current(3, revision_id, b"uid", "reports:a", digest, incident)


def left(views: dict[str, Levels], asked_from: dict[str, int] | None = None) -> Released:
    """What left of the record before."""
    terms = Terms(1, Purpose.STAFF_SAFETY, Label.AMBER, frozenset(views), views)
    return Released(3, 4, b"uid", b"digest", 1, 7, b"leaf", terms, frozenset(views), asked_from or {})


def going(
    *asked: str,
    request: Request | None = None,
    incident: Incident = SHOOTING,
    said: Override | None = None,
    past: Released | None = None,
    known: Decided = NOTHING,
) -> Outgoing:
    """The record that was released to these, as it would leave."""
    request, one = request or asking(), record(incident)
    aim = aim_at(one, frozenset(asked), Purpose.STAFF_SAFETY, past, (request, known))
    return ask_rules(one, aim, said or Override(), request)


def forum(*members: str, uid: bytes = FORUM, back_fill: str = EVERYTHING) -> dict[bytes, Standing]:
    charter = Charter(
        "alpha", uid, 1, "forum", frozenset(members), None, frozenset(), frozenset(), False, NOW
    )
    return {
        uid: Standing(
            charter, {member: Joining(uid, member, 1, 4, back_fill, "Ada", 0) for member in members}
        )
    }


def test_a_request_names_all_whom_it_is_for() -> None:
    request = asking()._replace(
        tiers=frozenset({Tier.PEER}),
        members=frozenset({"gamma"}),
        audiences=frozenset({FORUM}),
        granted=frozenset({"1f2e"}),
    )

    assert request.asked == {"peer", "@gamma", "#" + "00" * 16, "?1f2e"}
    assert request.purpose is Purpose.STAFF_SAFETY


def test_what_left_before_stays_with_whom_it_went_to_but_for_what_is_taken_back() -> None:
    before = frozenset({"public", "peer", "coordinator", "@beta", "?1f2e", "?2a2a"})

    assert asking().widened(before) == before
    wider = asking()._replace(tiers=frozenset({Tier.PEER}), revoked=frozenset({"1f2e"}))
    assert wider.widened(frozenset({"public", "?1f2e", "?2a2a"})) == {"public", "peer", "?2a2a"}
    assert asking(narrow_to=Tier.PEER).widened(before) == before - {"public"}
    assert asking(narrow_to=Tier.COORDINATOR).widened(before) == before - {"public", "peer"}


def test_each_sees_what_its_tier_or_its_own_view_shows() -> None:
    one = going("peer", "@gamma")

    assert one.views == {"peer": LEVELS[Tier.PEER], "@gamma": LEVELS[Tier.COORDINATOR]}
    assert one.seen_by(Audience(Tier.PEER)) == cut(one.chains, LEVELS[Tier.PEER])
    assert one.seen_by(Audience(Tier.COORDINATOR, "gamma")) == cut(one.chains, LEVELS[Tier.COORDINATOR])
    assert one.seen_by(Audience(Tier.PUBLIC)) == ()


def test_what_concerns_one_revision_of_a_plan() -> None:
    here, there = going("peer"), going("peer")._replace(current=record(revision_id=6))
    hold = Hold("R1", "", "")
    plan = Plan((here, there), (), (Held(record(revision_id=6), hold), Held(record(revision_id=8), hold)), 2)

    assert plan.only(5) == Plan((here,), (), (), 2)
    assert plan.only(6) == Plan((there,), (), plan.held[:1], 2)


def test_a_record_goes_to_members_by_name_and_as_members_of_an_audience_as_it_stands() -> None:
    known = Decided(forum("gamma", back_fill="none") | forum("delta", uid=CLUB), {})
    names = frozenset({"@beta", "#" + FORUM.hex(), "#" + "ff" * 16})

    def named(past: Released | None) -> frozenset[str]:
        return aim_at(record(), names, Purpose.STAFF_SAFETY, past, (asking(), known)).named

    assert named(None) == {"beta", "gamma"}
    since = "#" + FORUM.hex()
    assert named(left({}, {since: 4})) == {"beta", "gamma"}
    assert named(left({}, {since: 3})) == {"beta"}  # it joined later, for nothing that was before


def test_of_several_requests_that_were_granted_the_finest_counts_in_each_dimension() -> None:
    coarse, mixed = (0,) * len(FINEST), (-1, 1, -1, 1, -1, 1, -1)
    grants = {
        "1": Grant("beta", coarse),
        "2": Grant("beta", mixed),
        "3": Grant("gamma", mixed),
        "4": Grant("beta", FINEST),
    }

    aim = aim_at(
        record(),
        frozenset({"?1", "?2", "?3", "?5"}),
        Purpose.ADVOCACY,
        left({}),
        (asking(), Decided({}, grants)),
    )

    assert aim == Aim(
        frozenset({"?1", "?2", "?3", "?5"}),
        frozenset(),
        {"beta": (0, 1, 0, 1, 0, 1, 0), "gamma": mixed},
        Purpose.ADVOCACY,
        left({}),
    )


def test_what_is_granted_to_a_member_opens_that_much_to_it_alone() -> None:
    levels = LEVELS[Tier.COORDINATOR]
    one = going("peer", "?1", known=Decided({}, {"1": Grant("beta", levels)}))

    assert one.views == {"peer": LEVELS[Tier.PEER], "@beta": levels}
    assert one.asked == {"peer", "?1"}


def test_an_agreement_shows_finer_to_whom_the_record_goes_already() -> None:
    agreed = asking(bounds=BOUNDS._replace(policy=replace(baseline(), agreements=(AGREED,))))

    views = going("peer", request=agreed).views
    assert list(views) == ["peer", "@beta"]
    assert views["@beta"] != views["peer"]
    assert going("coordinator", request=agreed).views.keys() == {"coordinator"}
    assert going(request=agreed).views == {}


def test_a_member_sees_a_country_more_coarsely_where_it_works_at_the_regular_level() -> None:
    enhanced = {"beta": frozenset({"SSD"}), "gamma": frozenset({"SDN"}), "elsewhere": frozenset({"SDN"})}

    views = going("coordinator", request=asking(bounds=BOUNDS._replace(enhanced=enhanced))).views

    assert views == {
        "coordinator": LEVELS[Tier.COORDINATOR],
        "@gamma": narrowest([LEVELS[Tier.COORDINATOR], baseline().regular]),
    }


def test_whoever_is_no_active_member_gets_nothing_by_name() -> None:
    assert going("@beta", "@gone").views.keys() == {"@beta"}
    assert list(going("coordinator", "public").decisions) == [
        Audience(Tier.PUBLIC),
        Audience(Tier.COORDINATOR),
    ]


def test_a_record_that_is_held_shows_nobody_anything_and_says_why() -> None:
    one = going("peer", "@beta", incident=ASSAULT, past=left({"peer": LEVELS[Tier.PEER]}))

    assert one.views == {}
    assert {who: decision.hold and decision.hold.rule for who, decision in one.decisions.items()} == {
        Audience(Tier.PEER): "R14",
        Audience(Tier.PEER, "beta"): "R14",
    }
    assert one.lost == {"peer"}
    assert one.label is Label.RED


def test_who_sees_no_more_of_a_record_is_told_so_and_nobody_else() -> None:
    levels = LEVELS[Tier.PUBLIC]
    views = dict.fromkeys(("public", "peer", "coordinator", "@beta", "@gamma", "@delta", "@gone"), levels)

    assert going("peer", past=left(views)).lost == {"public", "@delta", "@gone"}
    assert going("@beta", past=left(views)).lost == views.keys() - {"@beta"}
    assert going("public", past=left(views)).lost == {"@gone"}
    assert going("peer", past=left({"public": ALL_CLOSED})).lost == frozenset()
    assert going("peer").lost == frozenset()


def test_the_label_is_that_of_the_finest_tier_that_sees_it_and_no_wider_than_somebody_said() -> None:
    assert going("peer").label is Label.GREEN
    assert going("public", "coordinator").label is Label.AMBER
    assert going("@gamma").label is Label.RED
    assert going("public", "@gamma").label is Label.CLEAR
    assert going("peer", said=Override(label=Label.AMBER)).label is Label.RED  # no tier sees it then
    assert going("peer", "coordinator", said=Override(label=Label.AMBER_STRICT)).label is Label.AMBER_STRICT
    recent = replace(SHOOTING, when=replace(SHOOTING.when, year=2026, month=11, day=22))
    embargo = {Tier.PUBLIC: timedelta(0), Tier.PEER: timedelta(0), Tier.COORDINATOR: timedelta(days=9)}
    waiting = asking(bounds=BOUNDS._replace(policy=replace(baseline(), embargo=embargo)))
    assert going("peer", "coordinator", incident=recent, request=waiting).label is Label.GREEN


def test_what_is_said_of_the_movement_goes_by_the_policy() -> None:
    named = asking(bounds=BOUNDS._replace(policy=replace(baseline(), rcrc_named=True)))
    of_movement = replace(SHOOTING, employers=(EmployerTally("icrc", 3),))

    assert (
        going("peer", incident=of_movement, request=named).chains
        != going("peer", incident=of_movement).chains
    )


def test_a_view_of_its_own_is_for_a_member_that_sees_other_levels_than_its_tier() -> None:
    same = AGREED._replace(levels=LEVELS[Tier.PEER])
    nothing_more = asking(bounds=BOUNDS._replace(policy=replace(baseline(), agreements=(same,))))
    assert list(going("peer", request=nothing_more).decisions) == [Audience(Tier.PEER)]

    phoned = replace(SHOOTING, where=replace(SHOOTING.where, admin2="ask +000 000 000 001"))
    finer = asking(bounds=BOUNDS._replace(policy=replace(baseline(), agreements=(AGREED,))))
    assert going("peer", request=finer).views.keys() == {"peer", "@beta"}
    assert list(going("peer", incident=phoned, request=finer).decisions) == [Audience(Tier.PEER)]  # R8


def test_who_sees_a_country_more_coarsely_gets_nothing_of_what_is_held_for_its_tier() -> None:
    phoned = replace(SHOOTING, where=replace(SHOOTING.where, admin2="ask +000 000 000 001"))
    limited = asking(bounds=BOUNDS._replace(enhanced={"gamma": frozenset({"SDN"})}))

    assert going("coordinator", request=limited).views.keys() == {"coordinator", "@gamma"}
    assert going("coordinator", incident=phoned, request=limited).views == {}
