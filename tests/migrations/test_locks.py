"""What a migration locks on PostgreSQL is known: squawk reads every statement of every revision."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event

from console.database import alembic_config, migrate
from node.store.database import Store
from tests.support.postgres import Server

pytestmark = pytest.mark.postgresql

# Rules of squawk that ask for what is decided otherwise here.
LEFT_OUT = {
    "prefer-bigint-over-int": "days, seconds up to 2106, sizes and counts: each has its bound where it is read",
    "prefer-bigint-over-smallint": "codes of lists, of which there are some dozens",
    "prefer-identity": "the number of a change of facts, which SQLite and PostgreSQL have to give alike",
    "prefer-robust-stmts": "a migration is one transaction: it fails as a whole and is run again as a whole",
    "require-statement-timeout": "it gives way while it waits for a table; once it works it is let finish",
}
# What a revision locks for as long as it takes, with the reason why that is short.
KNOWN = {
    ("0008", "require-concurrent-index-creation"): "grants: some thousands of rows",
    ("0013", "require-concurrent-index-creation"): "records written by hand: some thousands of rows",
    ("0014", "require-concurrent-index-creation"): "documents about cases: some hundreds of rows",
    ("0037", "require-concurrent-index-creation"): "facts of our own records: a second for each million",
    ("0014", "ban-drop-default"): "a default that only the rows of before needed",
}


def statements_of_each(server: Server) -> dict[str, list[str]]:
    """The statements that change tables, by revision, as PostgreSQL is sent them."""
    found: dict[str, list[str]] = {}
    with server.database() as url:
        store = Store(url)
        with store.write() as connection:
            script = ScriptDirectory.from_config(alembic_config(connection))
            for revision in reversed([one.revision for one in script.walk_revisions()]):
                sent = found.setdefault(revision, [])

                def seen(_conn: Any, _cursor: Any, statement: str, *_: Any, sent: list[str] = sent) -> None:
                    if re.match(r"\s*(CREATE|ALTER|DROP) ", statement) and "alembic_version" not in statement:
                        sent.append(statement)

                event.listen(store.engine, "before_cursor_execute", seen)
                migrate(connection, revision)
                event.remove(store.engine, "before_cursor_execute", seen)
        store.close()
    return found


def test_no_migration_locks_what_it_need_not(postgresql_server: Server, tmp_path: Path) -> None:
    for revision, sent in statements_of_each(postgresql_server).items():
        waits = "SET lock_timeout = '5s';\n"  # as migrations/env.py does
        (tmp_path / f"{revision}.sql").write_text(waits + "".join(f"{one};\n" for one in sent))
    command = (Path(sys.executable).with_name("squawk"), "--pg-version", "15.0", "--assume-in-transaction")
    rules = [f"--exclude={rule}" for rule in LEFT_OUT]
    said = subprocess.run(
        (*command, *rules, "--reporter", "json", *sorted(tmp_path.glob("*.sql"))),
        check=False,
        capture_output=True,
        text=True,
    )

    found = {(Path(one["file"]).stem, one["rule_name"]) for one in json.loads(said.stdout)}
    assert found == KNOWN.keys()
