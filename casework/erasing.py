"""Erase by destroying keys: of groups of fields or of a whole case. And the turn of the month, which makes it final.

One person proposes, another approves after the grace period, and a legal hold blocks it. Then the wrapped keys of all
officers go, with what they sealed. Older copies of the database still hold both; they are under the key of their
month, and that is destroyed when the month turns and survivors have been put under the next one (trust 8).
"""

from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256

from casework.casefile import CaseFile, fold
from casework.chain import Signed, link
from casework.desk import Desk
from casework.errors import CaseInputError, HoldError, NotFoundError, RoleError
from casework.event import Event, Statement, check_statement
from casework.keyholder import WORK, Epochs
from casework.keyring import move_to_epoch
from casework.lifecycle import check_action
from casework.posting import keep_back
from casework.retention import RetentionRules, is_on_legal_hold, retention_rules
from casework.span import on
from casework.store.database import Database, Transaction
from casework.store.events import case_id_of, last_event
from casework.store.evidence import drop_evidence_file, evidence_files
from casework.store.people import all_keys, rewrap
from casework.store.tips import rewrap_tips, tip_keys
from casework.store.tombstones import add_tombstone, destroy_parts, tombstones
from casework.tombstone import TOMBSTONE_TYPE, Tombstone, read_tombstone, tombstone_of, write_tombstone
from casework.vault import Vault
from casework.vocabulary import Group
from crypto.envelope import pae

ALL = "all"


def groups_of(text: str) -> frozenset[Group]:
    """Groups that a proposal names, such as `identity medical`; without the key of the case nothing else is of use.

    Raises:
        HoldError: It names one that there is not.
    """
    if text.strip() == ALL:
        return frozenset(Group)
    try:
        found = frozenset(Group(one) for one in text.replace(",", " ").split())
    except ValueError as error:
        raise HoldError("groups: say {all}, or some of {group}", all=ALL, group=", ".join(Group)) from error
    return frozenset(Group) if Group.CASE in found else found


def erase(
    desk: Desk, vault: Vault, uid: str, proposal_id: str, rules: RetentionRules | None = None
) -> frozenset[Group]:
    """Destroy the keys that another person proposed to destroy, and what they sealed; gives of which groups.

    What was done by this proposal before is not done again.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        HoldError: A legal hold blocks it, or the grace period has not passed.
        SecondPersonError: This officer proposed it.
        CaseInputError: Anything else is missing.
    """
    rules = rules or retention_rules()
    try:
        with desk.database.write() as connection:
            held = desk.holding(connection, uid)
            if held is None:
                raise NotFoundError("there is no such case")
            if not held.grant.holds("write", desk.today):
                raise RoleError("you may read this case and not act on it")
            events = desk.events(connection, uid, held.keys)
            case = fold(uid, events, date.max, date.max)
            proposal = _check(desk, case, proposal_id, rules)
            groups = groups_of(proposal.text("groups"))
            if any(one.text("proposal") == proposal_id for one in case.of("erased")):
                return groups
            said = Statement(
                "erased", on(desk.today), {"proposal": proposal_id, "groups": " ".join(sorted(groups))}
            )
            check_action(case, check_statement(said, desk.today), desk.officer.officer_id, desk.officer.roles)
            desk.append(connection, uid, events, said, held.keys)
            gone = _destroy(desk, connection, case, groups, proposal.recorded_by)
    except CaseInputError:
        desk.write_down("denied", (uid,), WORK)
        raise
    for file in gone:
        vault.destroy(file)
    return groups


def erasable_from(proposal: Event, rules: RetentionRules | None = None) -> date:
    """The first day on which another person may do what was proposed."""
    return proposal.recorded_at.date() + timedelta(days=(rules or retention_rules()).grace_days)


def graves(database: Database) -> tuple[Tombstone, ...]:
    """What stays of every erased case, for figures."""
    with database.read() as connection:
        return tuple(read_tombstone(signed.payload) for _, signed in tombstones(connection))


def turn(database: Database, epochs: Epochs, destroy: Callable[[str], None]) -> tuple[str, ...]:
    """Put every key under that of this month, then destroy those of the others; gives which.

    It may stop anywhere and be done again: a key of a month is destroyed only when it is seen, while nobody writes,
    that nothing lies under it any more.

    Args:
        database: Of the office.
        epochs: Keys of the months.
        destroy: Destroys the key file of a month.

    Raises:
        ErasedError: A key lies under a month whose key is not there; nothing was changed.
        TamperedError: A key is damaged; nothing was changed.
    """
    others = epochs.keys.keys() - {epochs.current.name}
    if not others:
        return ()
    with database.write() as connection:
        for keys, put in ((all_keys(connection), rewrap), (tip_keys(connection), rewrap_tips)):
            old = [key for key in keys if key.epoch != epochs.current.name]
            put(connection, {key: move_to_epoch(epochs.keys, epochs.current, key) for key in old})
    with database.write() as connection:
        unused = others - {key.epoch for key in (*all_keys(connection), *tip_keys(connection))}
        for name in sorted(unused):
            destroy(name)
    return tuple(sorted(unused))


def _check(desk: Desk, case: CaseFile, proposal_id: str, rules: RetentionRules) -> Event:
    """The proposal by which it may be done now."""
    if is_on_legal_hold(case):
        raise HoldError("a legal hold keeps everything of this case")
    proposal = case.by_id(proposal_id)
    if proposal is None or proposal.kind != "erasure_proposed":
        raise HoldError("there is no such proposal (erasure_proposed)")
    until = erasable_from(proposal, rules)
    if desk.today < until:
        raise HoldError("the grace period lasts until {until}", until=until)
    groups = groups_of(proposal.text("groups"))
    kept = [one.text("evidence") for one in case.of("evidence_added") if one.text("legal_hold") == "met"]
    if kept and Group.EVIDENCE in groups:
        raise HoldError("evidence {kept} is on legal hold", kept=kept[0])
    return proposal


def _destroy(
    desk: Desk, connection: Transaction, case: CaseFile, groups: frozenset[Group], proposed_by: str
) -> tuple[str, ...]:
    """Destroy keys, sealed parts and rows inside an open write; gives the files that can go after it."""
    number = case_id_of(connection, case.uid)
    digests: dict[str, tuple[str, ...]] = {}
    gone: tuple[str, ...] = ()
    if Group.EVIDENCE in groups:
        files = evidence_files(connection, number)
        gone = tuple(one.file for one in files)
        digests["destroyed"] = tuple(one.digest.hex() for one in files)
        for file in gone:
            drop_evidence_file(connection, file)
    if Group.CASE in groups:
        last = last_event(connection, number)
        assert last is not None
        head = link(last.signed.payload).hex()
        at = int(desk.clock().timestamp())
        stone = tombstone_of(case, head, desk.officer.officer_id, at, proposed_by)
        payload = write_tombstone(stone)
        signature = desk.unlocked.signer.sign(pae(TOMBSTONE_TYPE, payload))
        add_tombstone(connection, number, Signed(payload, signature))
        digests["tombstones"] = (sha256(payload).hexdigest(),)
        digests |= keep_back(connection, case)
    destroy_parts(connection, number, groups)
    desk.note(connection, "erase", (case.uid,), WORK, digests=digests, erased=groups)
    return gone
