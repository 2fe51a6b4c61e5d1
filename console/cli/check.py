"""`tocsin check`: verify the whole node again."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show, steps


def check(
    reindex: Annotated[
        bool, typer.Option("--reindex", help="Write the index of figures again from the records.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Verify every record, log entry and signature again.

    Nothing stored is believed: contents are compared with their hashes, logs with their signed checkpoints, and the
    index of figures with the records. Of cases everything is verified that needs no key of a case; `tocsin case check`
    opens the rest. It ends with exit code 1 if anything does not hold.
    """
    from itertools import chain

    from console.home import open_home
    from node.alert_check import check_alerts
    from node.audiences import charter_faults
    from node.check import Fault, check_logs, check_records, check_tiles
    from node.confirm import receipt_faults
    from node.contain import fork_faults
    from node.directory import retired_keys
    from node.errors import DirectoryError
    from node.release_check import release_faults
    from node.request_check import check_requests
    from node.total_check import total_faults
    from node.verdict_check import check_verdicts
    from node.wire import charters, matching, records, witness
    from node.wire.receipts import decode_receipt

    opened = open_home(home)
    store = opened.store()
    own = opened.origin()
    origins = {}
    try:
        for member in opened.directory().members:
            keys = tuple(key.public_key for key in member.signing_keys)
            origins[member.org_id] = retired_keys(member)._replace(signing_keys=keys)
    except DirectoryError as error:
        if opened.network_file.exists():
            raise
        say(f"Note: {error}")
    origins[own.org_id] = own
    _say_forks(store, own.org_id)
    faults: list[Fault] = []
    verified = {
        "records": 0,
        "log entries": 0,
        "alerts": 0,
        "share requests": 0,
        "verdicts": 0,
        "casework": 0,
    }
    with steps("Verifying", 0) as progress:
        for name, found in (
            ("records", check_records(store, reindex=reindex)),
            ("log entries", check_logs(store, origins, records, reindex=reindex)),
            ("alerts", check_alerts(store, own.org_id, origins, records)),
            ("share requests", check_requests(store)),
            ("verdicts", check_verdicts(store, origins, matching)),
        ):
            for one in found:
                if isinstance(one, Fault):
                    faults.append(one)
                else:
                    verified[name] += one
                    progress(sum(verified.values()))
        faults += check_tiles(store, own.org_id)
        signed = chain(
            receipt_faults(store, own.org_id, origins, records.decode_envelope, decode_receipt),
            charter_faults(store, own.org_id, origins, charters),
            fork_faults(store, origins, witness),
            release_faults(store, own.org_id, origins),
            total_faults(store, origins),
        )
        faults += (Fault(*one) for one in signed)
        for one_there in _casework(opened, origins):
            if isinstance(one_there, int):
                verified["casework"] += one_there
            else:
                faults.append(Fault(*one_there))
    remarks = {"verified": verified, "faults": len(faults)}
    if faults:
        show(("where", "what"), faults, style, remarks)
        raise typer.Exit(1)
    show(("verified", "number"), list(verified.items()), style, {"faults": "none"})


def _say_forks(store: Any, own_id: str) -> None:
    from console.forks import log_warnings

    for line in log_warnings(store, own_id):
        say(line)


def _casework(home: Any, origins: dict[str, Any]) -> Iterator[Any]:
    """Faults of casework and numbers of what was verified; a database that can not be read is a fault too."""
    from casework.errors import CaseworkError
    from console.office import Office
    from console.surroundings import witnesses_of

    witnesses, _ = witnesses_of(home)
    signers = {one.org_id: one.signing_keys for one in origins.values()}
    try:
        yield from Office(home).check(witnesses, signers)
    except CaseworkError as error:
        yield "casework", str(error)
