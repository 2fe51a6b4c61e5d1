"""What `tocsin match` shows and finds: pairs, how they were compared, and what was signed about them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from console.home import Home
from console.requests import time_text
from node.candidates import Pair, pair_id
from node.clusters import Ties, clusters
from node.errors import QueryError, UnknownMatchError, UnknownRecordError
from node.facts import COLUMNS, Fact
from node.judging import Judge, judge
from node.likeness import probability
from node.pairing import find_pairs, name_pair, ties
from node.partaking import Desk, partner_of
from node.signed import RecordName
from node.stepup import Role, outcome, step
from node.store.comparisons import Comparison, compared_pairs, comparisons
from node.store.database import Store, Transaction
from node.store.matched import LikelyPair, all_places, likely_pairs, matched_facts
from node.store.own_log import released
from node.store.records import day_number, record_ids_by_key, record_names
from node.store.verdicts import all_verdicts
from node.verdict import Ground, Judgement, Verdict, newest
from node.wire import records

LIST_HEADER = ("pair", "one", "shows", "other", "shows too", "likely", "agree", "compared", "said", "state")
STEP_HEADER = ("step", "found", "we showed more", "by rule", "at")
VERDICT_HEADER = ("signed by", "verdict", "ground", "number", "on", "decided by")
_AT = {column.name: at for at, column in enumerate(COLUMNS)}


class Known(NamedTuple):
    """Everything that is known here of pairs, by pair."""

    ties: Ties
    likely: Mapping[Pair, LikelyPair]
    compared: Mapping[Pair, Comparison]
    said: Mapping[Pair, tuple[Verdict, ...]]
    labels: Mapping[RecordName, str]
    facts: Mapping[RecordName, Fact]
    conflicts: frozenset[RecordName]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All of them, most likely first, then those that nobody finds likely any more."""
        likely = sorted(self.likely.values(), key=lambda one: (-one.weight, one.pair))
        others = (self.compared.keys() | self.said.keys()) - self.likely.keys()
        return (*(one.pair for one in likely), *sorted(others))


def desk_of(home: Home) -> Desk:
    """Where comparisons are made at a node, now.

    Raises:
        NodeError: The policy, the names or the directory of the node can not be used.
    """
    return Desk(home.settings.org_id, home.bounds(), records, datetime.now(UTC))


def look(store: Store, desk: Desk) -> Known:
    """Look for pairs again, and give all that is known of them."""
    find_pairs(store, desk.org_id, desk.bounds.network, records, desk.now)
    return known(store, desk)


def known(store: Store, desk: Desk) -> Known:
    """All that is known of pairs."""
    with store.read() as connection:
        tied = ties(connection)
        said: dict[Pair, list[Verdict]] = {}
        for (_, pair), one in sorted(newest(one.verdict for one in all_verdicts(connection)).items()):
            said.setdefault(pair, []).append(one)
        compared = {_pair(one, desk.org_id): one for one in comparisons(connection)}
        assert compared.keys() == compared_pairs(connection, desk.org_id), "both name the same pairs"
        likely = {one.pair: one for one in likely_pairs(connection)}
        facts = {name: columns for name, _, columns in matched_facts(connection, day_number(desk.now.date()))}
        labels = _labels(connection)
    conflicts = frozenset(name for group in clusters(tied).conflicts for name in group)
    verdicts = {pair: tuple(some) for pair, some in said.items()}
    return Known(tied, likely, compared, verdicts, labels, facts, conflicts)


def pair_lines(found: Known, *, everything: bool) -> Iterator[tuple[str, ...]]:
    """One line per pair: those about which somebody has something to do, or all."""
    for pair in found.pairs:
        if everything or state_of(found, pair) not in {"one event", "two events"}:
            yield pair_line(found, pair)


def pair_line(found: Known, pair: Pair) -> tuple[str, ...]:
    """The line of one pair, by `LIST_HEADER`."""
    one, other = pair
    likely, compared = found.likely.get(pair), found.compared.get(pair)
    return (
        pair_id(pair),
        found.labels.get(one, one.origin_id),
        _shows(found.facts.get(one)),
        found.labels.get(other, other.origin_id),
        _shows(found.facts.get(other)),
        f"{100 * probability(likely.weight):.0f} %" if likely else "",
        likely.found.replace("_", " ") if likely else "",
        compared_text(compared) if compared else "",
        ", ".join(f"{one.signer_id}: {verdict_text(one)}" for one in found.said.get(pair, ())),
        state_of(found, pair),
    )


def state_of(found: Known, pair: Pair) -> str:
    """Where a pair stands."""
    if pair in found.ties.apart:
        return "two events"
    if pair in found.ties.same:
        return "conflict" if pair[0] in found.conflicts else "one event"
    return "open"


def chosen_pair(store: Store, desk: Desk, text: str) -> Pair:
    """The pair that somebody means: by its id, or by its two records, as `awsd:4664=beta:17`.

    Raises:
        UnknownMatchError: There is none, or more than one.
        UnknownRecordError: Our record was never shared.
    """
    own, named, entry = text.partition("=")
    if not named:
        return find_pair(known(store, desk), text)
    source, _, key = own.partition(":")
    member, _, number = entry.rpartition(":")
    with store.read() as connection:
        ids = record_ids_by_key(connection, source, [key])
        past = next(iter(released(connection, list(ids.values())).values()), None)
    if past is None:
        raise UnknownRecordError(
            "{own} was never shared, so there is nothing to compare it with", own=own[:80]
        )
    index = int(number) if number.isdecimal() and len(number) < 19 else -1
    return name_pair(store, past, desk.org_id, (member, index), records)


def find_pair(found: Known, text: str) -> Pair:
    """The pair whose id is, or begins with, a text.

    Raises:
        UnknownMatchError: There is none, or more than one.
    """
    some = [pair for pair in found.pairs if text and pair_id(pair).startswith(text)]
    if len(some) != 1:
        if some:
            raise UnknownMatchError(
                "{count} pairs have an id that begins with {text!r}; `tocsin match list`",
                count=len(some),
                text=text[:40],
            )
        raise UnknownMatchError(
            "no pair has an id that begins with {text!r}; `tocsin match list`", text=text[:40]
        )
    return some[0]


def sides_of(pair: Pair, org_id: str) -> tuple[RecordName, RecordName]:
    """Our record of a pair, and the member's.

    Raises:
        UnknownMatchError: None of the two is ours, so it is not for us to decide.
    """
    ours = [one for one in pair if one.origin_id == org_id]
    if len(ours) != 1:
        raise UnknownMatchError("none of the two records is ours: their owners decide")
    (mine,) = ours
    (theirs,) = (one for one in pair if one != mine)
    return mine, theirs


def decide(store: Store, pair: Pair, said: tuple[str, str], by: Judge) -> Verdict:
    """Sign what somebody says of a pair: `same`, `distinct` or `unsure`, and for `same` what our record stands on.

    Raises:
        NodeError: It is not ours to decide, a record does not take part, or there is no such word.
    """
    grounds = {one.name.lower(): one for one in Ground}
    judgements = {one.name.lower(): one for one in Judgement}
    judgement, ground = said
    if judgement not in judgements:
        raise QueryError(
            "verdict: {judgement!r} is none of {judgements}",
            judgement=judgement[:40],
            judgements=", ".join(judgements),
        )
    if (ground or judgement == "same") and ground not in grounds:
        raise QueryError(
            "--ground: {ground!r} is none of {grounds}", ground=ground[:40], grounds=", ".join(grounds)
        )
    mine, theirs = sides_of(pair, by.desk.org_id)
    partner = partner_of(by.desk.bounds.network, theirs.origin_id)
    return judge(store, mine, (partner, theirs), (judgements[judgement], grounds.get(ground)), by)


def step_lines(one: Comparison) -> Iterator[tuple[str, ...]]:
    """One line per step of a comparison."""
    for taken in one.steps:
        found = taken.found.name.lower() if taken.found else "waits"
        more = "yes" if taken.newly else "no"
        yield step(taken.number).name, found, more, taken.rule, time_text(taken.at)


def verdict_lines(store: Store, pair: Pair) -> Iterator[tuple[str, ...]]:
    """One line per verdict about a pair, oldest first."""
    with store.read() as connection:
        found = [one for one in all_verdicts(connection) if one.verdict.pair == pair]
    for one in found:
        said = one.verdict
        ground = said.ground.name.lower() if said.ground else ""
        yield (
            said.signer_id,
            said.judgement.name,
            ground,
            str(said.number),
            f"{said.issued:%Y-%m-%d}",
            one.said_by,
        )


def compared_text(one: Comparison) -> str:
    """What a comparison came to, as people read it."""
    if one.stop is None:
        return f"at step {one.done + 1}" if one.taken_at else "not told yet"
    text = f"{outcome(one.stop).name.lower()}: {one.stop.name.lower().replace('_', ' ')}"
    return f"{text} ({one.rule})" if one.rule else text


def verdict_text(one: Verdict) -> str:
    """A verdict as people read it."""
    return one.judgement.name.lower() + (f" ({one.ground.name.lower()})" if one.ground else "")


def proposed_text(one: Comparison) -> str:
    """Who proposed a comparison."""
    return one.said_by if one.role is Role.PROPOSER else one.member


def _pair(one: Comparison, org_id: str) -> Pair:
    first, second = sorted((RecordName(org_id, one.own_uid), RecordName(one.member, one.other_uid)))
    return first, second


def _labels(connection: Transaction) -> dict[RecordName, str]:
    places = all_places(connection)
    names = record_names(connection, [one.record_id for one in places if one.record_id is not None])
    return {
        one.name: f"{one.name.origin_id}:{one.log_index}" if one.record_id is None else names[one.record_id]
        for one in places
    }


class Shows(NamedTuple):
    """When, where and what a record shows here; empty where it shows less."""

    when: str
    country: str
    places: tuple[str, ...]
    means: str
    cause: str


def shown_of(columns: Fact) -> Shows:
    """What a fact shows of that, in codes."""
    year, month, day = (columns[_AT[name]] for name in ("year", "month", "day"))
    when = "-".join(f"{part:02}" for part in (year, month, day) if isinstance(part, int))
    country, *places, means, cause = (
        str(columns[_AT[name]] or "") for name in ("country", "admin1", "admin2", "means", "cause")
    )
    return Shows(when, country, tuple(filter(None, places)), means, cause)


def _shows(columns: Fact | None) -> str:
    """The same in a few words, or that it counts no more."""
    if columns is None:
        return "no longer counts"
    one = shown_of(columns)
    places = "/".join(filter(None, (one.country, *one.places)))
    return f"{one.when} {places} {one.means or one.cause}"
