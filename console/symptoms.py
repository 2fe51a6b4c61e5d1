"""What can be seen of a node from outside its work: each symptom as a finding, with what to do.

Nothing is written and nothing is opened with a passphrase. A finding holds ids of members, numbers, times and files of
the node's folder; never what stands in a record or a case.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, make_url

from casework.auditlog import is_due
from casework.erased import list_erased
from casework.store.audit import audit_checkpoints
from console.database import REVISION, is_known, revision_of
from console.differences import keys_by_use
from console.erased import SUFFIX, read_erased
from console.errors import BackupError
from console.for_cases import CaseDatabase
from console.forks import log_states, log_warnings
from console.home import Home, read_file
from console.office import EPOCH
from console.saving import newest_backup
from console.together import answers, listening
from crypto.certificates import validity
from crypto.keyfile import is_protected, purpose_of
from crypto.sentence import Sentence
from node.directory import Directory, Status, witness_keys
from node.errors import LogBehindError, LogUnconfirmedError
from node.restored import verify_writable
from node.store.connecting import named_servers
from node.store.database import Store
from node.store.heads import LogHead, log_head, log_heads
from node.store.replica import standing

ROOM_BYTES = 1 << 30  # less is little
LAST_ROOM_BYTES = 256 << 20  # less, and the next page may not be stored
SOON = timedelta(days=30)  # before something ends
DIRECTORY_SOON = timedelta(days=7)  # it holds for 30 days
UNHEARD = timedelta(days=3)
BACKUP_AGE = timedelta(days=2)
AHEAD = timedelta(minutes=5)  # that clocks differ
_KEYS: Mapping[str, Sentence] = MappingProxyType(
    {
        "signing": Sentence("signing key"),
        "log": Sentence("log key"),
        "cosigning": Sentence("cosigning key"),
        "sealing": Sentence("sealing key"),
    }
)
_DATABASES: Mapping[str, str] = MappingProxyType({"sqlite": "SQLite", "postgresql": "PostgreSQL"})
_WRITABLE = ("read-write", "primary")  # a server of several that takes what is written


class State(StrEnum):
    """How bad it is."""

    GOOD = "good"
    LOOK = "look"  # it will be bad, or somebody should know
    BAD = "BAD"


class Finding(NamedTuple):
    """One thing that was looked at."""

    state: State
    what: str
    told: str
    do: str = ""


def disk(home: Home) -> Iterator[Finding]:
    """How much room there is where the node lies."""
    free = shutil.disk_usage(home.path).free
    state = State.GOOD if free >= ROOM_BYTES else State.LOOK if free >= LAST_ROOM_BYTES else State.BAD
    yield Finding(
        state,
        "disk",
        Sentence("{free} MiB free", free=free >> 20),
        "" if free >= ROOM_BYTES else "make room, or move the node",
    )


def serving(home: Home) -> Iterator[Finding]:
    """Whether the node can be reached where it says that it listens."""
    found = listening(home)
    if not found:
        yield Finding(
            State.LOOK, "serve", "the node is not served: members get nothing of it", "tocsin serve"
        )
    for address in found:
        if answers(address):
            yield Finding(State.GOOD, "serve", Sentence("listens on {address}", address=address))
        else:
            told = Sentence("nobody answers on {address}", address=address)
            yield Finding(State.BAD, "serve", told, "start tocsin serve again, read its log")


def keys(home: Home) -> Iterator[Finding]:
    """Whether keys are there, and sealed."""
    files = sorted((home.path / "keys").glob("*.key"))
    own = [file for file in files if purpose_of(file) != EPOCH]
    bare = [file.stem for file in own if not is_protected(file)]
    if not own:
        yield Finding(State.BAD, "keys", "there are no keys here", "tocsin keys restore: docs/backup.md")
    elif bare:
        told = Sentence(
            "{names} not under a passphrase: who copies the files has the keys", names=", ".join(bare)
        )
        yield Finding(
            State.LOOK, "keys", told, "keep the disk encrypted; docs/ceremonies.md says what is better"
        )
    else:
        yield Finding(
            State.GOOD,
            "keys",
            Sentence.counted(
                "{count} key, under a passphrase", "{count} keys, all under a passphrase", count=len(own)
            ),
        )


def times(home: Home, directory: Directory, now: datetime) -> Iterator[Finding]:
    """Until when keys, certificate, directory and root hold."""
    for what, until, soon, do in (
        (
            Sentence("directory"),
            directory.expires,
            DIRECTORY_SOON,
            "a keeper runs tocsin peer renew, and everybody joins",
        ),
        (
            Sentence("root"),
            directory.root_expires,
            SOON,
            "the keepers renew it: tocsin directory root",
        ),
        (
            Sentence("certificate"),
            validity(read_file(home.certificate_file))[1],
            SOON,
            "tocsin peer rotate --key tls",
        ),
        *_key_times(home, directory),
    ):
        if until <= now:
            yield Finding(
                State.BAD, what, Sentence("its time is over since {until}", until=f"{until:%Y-%m-%d}"), do
            )
        elif until - now <= soon:
            yield Finding(State.LOOK, what, Sentence("only until {until}", until=f"{until:%Y-%m-%d}"), do)
        else:
            yield Finding(State.GOOD, what, Sentence("until {until}", until=f"{until:%Y-%m-%d}"))


def _key_times(home: Home, directory: Directory) -> Iterator[tuple[str, datetime, timedelta, str]]:
    for use, of_it in keys_by_use(directory.member(home.settings.org_id)):
        until = [key.valid_until for key in of_it if key.retirement is None]
        if until:
            yield _KEYS[use], max(until), SOON, "tocsin peer rotate: docs/ceremonies.md"


def database(connection: Connection, url: str) -> Iterator[Finding]:
    """Whether the database is of this version; says nothing where there is none yet."""
    name = make_url(url).get_backend_name()
    found, kind = revision_of(connection), _DATABASES.get(name, name)
    if found == REVISION:
        yield Finding(State.GOOD, "database", Sentence("{kind}, revision {found}", kind=kind, found=found))
    else:
        told = Sentence(
            "{kind}, revision {found}, this version works with {known}",
            kind=kind,
            found=found or Sentence("none"),
            known=REVISION,
        )
        if found is None or is_known(found):
            yield Finding(
                State.LOOK, "database", told, "make a backup; any other command brings it up to date"
            )
        else:
            yield Finding(State.BAD, "database", told, "install the version that made it, or a newer one")
    servers = named_servers(url)
    if len(servers) > 1:
        yield from _servers(connection, url, servers)


def _servers(connection: Connection, url: str, servers: Sequence[str]) -> Iterator[Finding]:
    """Whether nothing is lost when one server of several gives way to another."""
    waits = connection.exec_driver_sql("SHOW synchronous_standby_names").scalar_one()
    if make_url(url).query.get("target_session_attrs") not in _WRITABLE:
        told = Sentence(
            "{count} servers, and the first that answers is taken, even where nothing can be written",
            count=len(servers),
        )
        yield Finding(State.BAD, "servers", told, "add target_session_attrs=read-write to database_url")
    elif waits:
        yield Finding(
            State.GOOD,
            "servers",
            Sentence("{count}, and what is written waits for another of them", count=len(servers)),
        )
    else:
        told = Sentence(
            "{count}, and none waits for another: with one the end of our log could be lost",
            count=len(servers),
        )
        yield Finding(State.LOOK, "servers", told, "synchronous_standby_names: docs/service.md")


def replica(home: Home, store: Store) -> Iterator[Finding]:
    """Whether the replica that is asked questions can be, and how far it has come."""
    if not home.settings.database_replica:
        return
    with store.counting(may_lag=True) as (connection, _):
        found = standing(connection)
    if found is None:
        told = Sentence("it can not be asked; questions go to the database itself")
        yield Finding(State.LOOK, "replica", told, "database_replica: docs/service.md")
        return
    at = f"{found.changed_at:%Y-%m-%d %H:%M:%S}" if found.changed_at else "-"
    told = Sentence("as of revision {revision}, last changed {time} UTC", revision=found.revision, time=at)
    yield Finding(State.GOOD, "replica", told)


def own_log(connection: Connection, org_id: str, now: datetime) -> Iterator[Finding]:
    """How our own log stands, and whether anything may be added to it."""
    head = log_head(connection, org_id)
    if head is None:
        yield Finding(State.BAD, "own log", "it was never begun", "tocsin serve")
        return
    try:
        verify_writable(connection, org_id)
    except LogUnconfirmedError as error:
        yield Finding(State.BAD, "own log", str(error), "tocsin log confirm")
        return
    except LogBehindError as error:
        yield Finding(
            State.BAD, "own log", str(error), "docs/ceremonies.md: a node was restored, copied or moved"
        )
        return
    waiting = head.frontier.size - head.committed
    if waiting:
        told = Sentence.counted(
            "{count} entry waits for the next checkpoint",
            "{count} entries wait for the next checkpoint",
            count=waiting,
        )
        yield Finding(State.LOOK, "own log", told, "tocsin serve signs it")
    else:
        yield Finding(
            State.GOOD,
            "own log",
            Sentence.counted("{count} entry, signed", "{count} entries, all signed", count=head.committed),
        )
    if head.heard_at > (now + AHEAD).timestamp():
        told = Sentence("it was signed at {at}, which is later than now", at=_time(head.heard_at))
        yield Finding(State.BAD, "clock", told, "set the clock of this machine right")
    else:
        yield Finding(
            State.GOOD,
            "clock",
            Sentence("{now} UTC, not before our last checkpoint", now=f"{now:%Y-%m-%d %H:%M}"),
        )


def peers(store: Store, directory: Directory, org_id: str, now: datetime) -> Iterator[Finding]:
    """When members were heard last, and which logs forked or are silent."""
    with store.read() as connection:
        heads = {one.origin_id: one for one in log_heads(connection)}
    said = log_states(store, directory, org_id, now)
    for line in log_warnings(store, org_id):
        yield Finding(State.BAD, "forks", line, "docs/witnesses.md")
    for member in directory.members:
        if member.org_id == org_id or member.status is not Status.ACTIVE:
            continue
        head = heads.get(member.org_id)
        yield _heard(
            head, said.get(member.org_id, ""), Sentence("member {org_id}", org_id=member.org_id), now
        )


def _heard(head: LogHead | None, said: str, name: str, now: datetime) -> Finding:
    """What is to be said of the log of one member."""
    if head is None or not head.heard_at:
        return Finding(State.LOOK, name, "never heard", "tocsin sync; if it goes on, call them")
    last = Sentence("last heard {at}", at=_time(head.heard_at))
    if head.refused_reason:
        told = Sentence("refused since {at}: {reason}", at=_time(head.heard_at), reason=head.refused_reason)
        return Finding(State.BAD, name, told, "docs/protocol.md#reasons")
    if head.heard_at > (now + AHEAD).timestamp():
        return Finding(
            State.BAD, name, Sentence("{last}, which is later than now", last=last), "set the clock right"
        )
    if now.timestamp() - head.heard_at > UNHEARD.total_seconds():
        return Finding(State.LOOK, name, last, "is the line down here or there? call them")
    if said.startswith("stale"):
        return Finding(State.LOOK, name, said, "docs/witnesses.md")
    return Finding(
        State.GOOD,
        name,
        Sentence.counted(
            "{last}, {count} entry", "{last}, {count} entries", count=head.frontier.size, last=last
        ),
    )


def backups(home: Home, connection: Connection, now: datetime) -> Iterator[Finding]:
    """How old the newest backup is, and whether the list of what was erased is beside it."""
    if not home.settings.backup_folder:
        yield Finding(
            State.LOOK,
            "backup",
            "no folder of backups is set",
            "backup_folder in the settings; docs/backup.md",
        )
        return
    folder = home.path / home.settings.backup_folder
    erased = len(list_erased(connection).lines)
    if erased:
        yield _erased(folder / f"{home.settings.org_id}{SUFFIX}", home.settings.org_id, erased)
    newest = newest_backup(folder, home.settings.org_id)
    if newest is None:
        yield Finding(State.BAD, "backup", "there is none in backup_folder", "tocsin backup, each night")
        return
    made = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
    late = now - made > BACKUP_AGE
    do = "why does tocsin backup not run each night?" if late else ""
    yield Finding(
        State.BAD if late else State.GOOD,
        "backup",
        Sentence("newest of {made} UTC", made=f"{made:%Y-%m-%d %H:%M}"),
        do,
    )


def _erased(path: Path, org_id: str, count: int) -> Finding:
    try:
        held = len(read_erased(path, org_id).lines) if path.exists() else 0
    except BackupError:
        held = 0
    if held >= count:
        return Finding(
            State.GOOD,
            "erased",
            Sentence.counted(
                "{count} erasure, in the list beside the backups",
                "{count} erasures, all in the list beside the backups",
                count=count,
            ),
        )
    told = Sentence(
        "erasures: {count}, in the list beside the backups: {held}; the others could come back",
        count=count,
        held=held,
    )
    return Finding(State.BAD, "erased", told, "tocsin backup writes it anew; is the folder there?")


def casework(home: Home, store: Store, connection: Connection, now: datetime) -> Iterator[Finding]:
    """Whether the month was turned, and the audit log cosigned."""
    months = sorted(one.stem.removeprefix("epoch-") for one in (home.path / "keys").glob("epoch-*.key"))
    old = [one for one in months if one < f"{now:%Y-%m}"]
    if old:
        told: str = Sentence(
            "the key of {months} is still there: what was erased then can still be read from copies",
            months=", ".join(old),
        )
        yield Finding(State.LOOK, "month", told, "tocsin case turn")
    if audit_checkpoints(connection) and home.network_file.exists():
        due = is_due(CaseDatabase(store), witness_keys(home.directory()), now)
        if due:
            told = Sentence("no members have cosigned it for a day")
            yield Finding(State.LOOK, "audit log", told, "tocsin case audit cosign, or let serve run")
        else:
            yield Finding(State.GOOD, "audit log", "cosigned within a day")


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
