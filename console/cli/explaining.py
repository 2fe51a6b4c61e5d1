"""What `tocsin rules` works on: rules, decisions and sayings as lines, and sayings on their way in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from console.home import open_home
from console.selection import one_revision
from console.sharing import CLOSED
from node.audience import FINEST, Purpose, narrowest
from node.errors import OverrideError, QueryError
from node.explain import Explained
from node.ladders import DIMENSIONS
from node.rules import RULES, Override
from node.sensitive import Consent, may_count, needs_consent
from node.signed import Label
from node.store.consents import consents
from node.store.database import Store
from node.store.policies import agree, overrides, say, sayings, used_policies
from node.store.records import current

RULE_HEADER = ("rule", "what it says", "kept by", "from")
EXPLAIN_HEADER = ("dimension", "level", "rule", "what we hold", "what they see")
SAID_HEADER = ("number", "record", "says", "by", "agreed by", "since")
HISTORY_HEADER = ("policy", "version", "first used", "sha256")


def rule_lines() -> Iterator[tuple[str, ...]]:
    """One line per rule."""
    for rule in RULES:
        yield rule.id, rule.text, rule.kept_by or "the rules, for every record and audience", rule.source


def explain_lines(found: Explained) -> Iterator[tuple[str, ...]]:
    """One line per dimension."""
    for choice, chain in zip(found.decision.choices, found.chains, strict=True):
        held = chain[-1]
        if found.decision.hold is not None:
            yield choice.dimension.name, CLOSED, found.decision.hold.rule, held, CLOSED
        elif choice.value:
            yield (
                choice.dimension.name,
                choice.dimension.levels[choice.level],
                choice.rule,
                held,
                choice.value,
            )
        else:
            yield choice.dimension.name, CLOSED, choice.rule, held, CLOSED


def consent_lines(store: Store, found: Explained) -> Iterator[str]:
    """What survivors answered, purpose by purpose, where a record needs that."""
    if not needs_consent(found.current.incident):
        return
    with store.read() as connection:
        given = consents(connection, [found.current.record_id]).get(found.current.record_id, {})
    for purpose in Purpose:
        one = given.get(purpose)
        counts = may_count(
            found.current.incident, {name: said.answer for name, said in given.items()}, purpose
        )
        answered = f"{one.answer} on {one.on}, by {one.said_by}" if one else Consent.NOT_ASKED
        yield f"Consent for {purpose}: {answered}; it counts {'' if counts else 'not '}in totals for others."


def say_of_record(
    home: Path,
    record: str,
    by: str,
    levels: Sequence[str],
    label: str,
    *,
    held: bool,
    captivity: bool,
    wider: bool,
) -> str:
    """Write down what somebody says of a record and give a sentence about what happens now.

    Raises:
        QueryError: There is no such record, dimension, level or label.
        OverrideError: It would widen, and nobody said so.
    """
    store = open_home(home).store()
    revision_id = one_revision(store, record)
    wanted = Override(held, _read_label(label), _read_levels(levels), captivity)
    with store.write() as connection:
        (found,) = current(connection, [revision_id])
        before = overrides(connection, [found.record_id]).get(found.record_id, Override())
        if not wider and not is_narrower(wanted, before):
            raise OverrideError("that lets more leave than before; ask for it with `tocsin rules widen`")
        done = say(connection, found.record_id, wanted, by, datetime.now(UTC), waits=wider)
    if wider:
        return f"Waits for a second person: tocsin rules agree {done.saying_id} --by WHO"
    return "Counts from now on; `tocsin share --updates` calls back what others see too much of."


def is_narrower(wanted: Override, before: Override) -> bool:
    """Whether nothing leaves by what is said now that did not leave by what was said before."""
    widest_label = max(Label)
    return (
        wanted.held >= before.held
        and (wanted.label or widest_label) <= (before.label or widest_label)
        and narrowest((wanted.levels, before.levels)) == wanted.levels
        and wanted.captivity_released <= before.captivity_released
    )


def agree_to(store: Store, number: int, by: str) -> None:
    """Let a second person agree.

    Raises:
        OverrideError: Nothing of that number waits, or the same person said it.
    """
    with store.write() as connection:
        agree(connection, number, by, datetime.now(UTC))


def said_lines(store: Store) -> Iterator[tuple[str, ...]]:
    """One line per saying, oldest first."""
    with store.read() as connection:
        for one in sayings(connection):
            since = f"{one.counts_from:%Y-%m-%d %H:%M}" if one.counts_from else "waits for a second person"
            yield str(one.saying_id), one.record, _words(one.override), one.said_by, one.agreed_by, since


def history_lines(store: Store) -> Iterator[tuple[str, ...]]:
    """One line per policy that was ever used."""
    with store.read() as connection:
        for one in used_policies(connection):
            yield one.name, str(one.version), f"{one.first_used_at:%Y-%m-%d %H:%M}", one.digest.hex()[:16]


def _words(said: Override) -> str:
    words = ["held"] if said.held else []
    words += [f"label {said.label.name}"] if said.label else []
    words += [
        f"{dimension.name}={dimension.levels[level] if level >= 0 else CLOSED}"
        for dimension, level, finest in zip(DIMENSIONS, said.levels, FINEST, strict=True)
        if level != finest
    ]
    words += ["released although captivity may go on"] if said.captivity_released else []
    return ", ".join(words) or "as the policy says"


def _read_label(text: str) -> Label | None:
    if text and text.upper() not in Label.__members__:
        raise QueryError(f"--label: {text!r} is none of {', '.join(one.name.lower() for one in Label)}")
    return Label[text.upper()] if text else None


def _read_levels(texts: Sequence[str]) -> tuple[int, ...]:
    levels = list(FINEST)
    named = {dimension.name: dimension for dimension in DIMENSIONS}
    for text in texts:
        name, _, level = text.partition("=")
        if name not in named:
            raise QueryError(f"--level: {name!r} is none of {', '.join(named)}")
        dimension = named[name]
        if level not in ("closed", *dimension.levels):
            raise QueryError(f"--level: {level!r} is none of closed, {', '.join(dimension.levels)}")
        levels[dimension.number] = -1 if level == "closed" else dimension.levels.index(level)
    return tuple(levels)
