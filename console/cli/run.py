"""`tocsin serve` and `tocsin sync`: talk to the peers."""

from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show, steps


def serve(
    sync: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Also pull from the peers this often.", show_default=False),
    ] = 0.0,
    alerts: Annotated[
        bool | None,
        typer.Option(
            "--alerts/--no-alerts",
            help="Also listen to the alerts of the peers; does so with --sync unless you say no.",
            show_default=False,
        ),
    ] = None,
    web: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            help="Also serve the console to browsers there, e.g. 127.0.0.1:7444.",
            show_default=False,
        ),
    ] = "",
    metrics: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            help="Also serve numbers for Prometheus there, e.g. 127.0.0.1:9464.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = HERE,
) -> None:
    """Serve log and alerts to the network until you stop it.

    Members see of each record what it was released to them for, others are refused. With `submissions_listen` in the
    settings it takes in submissions of a form too. Plain HTTP is for this machine alone: where others are to reach the
    console, a proxy with TLS stands before it and `web_origin` names its address. In an empty folder --web lets a node
    be made in a browser first.
    """
    from contextlib import ExitStack
    from datetime import UTC, datetime

    from console.confirming import Asking, ask_members
    from console.home import open_home
    from console.logs import log_to_stderr
    from console.opened import Node
    from console.serve import Daily
    from console.serve import serve as serve_node
    from console.telling import watching_calls
    from console.unfinished import is_to_be_made, is_to_be_printed
    from console.witnesses import keep_cosigned

    log_to_stderr()
    secret: str | None = None
    made = False
    if web and is_to_be_made(home):
        from console.web.starting import first_run

        say(f"There is no node in {home} yet. Make it in a browser on this machine, with this address:")
        secret, web = first_run(home, web, lambda address: print(address, flush=True))
        made = True
    elif is_to_be_printed(home):
        say(
            "Nobody has said that the page for the safe is printed. If you do not have it, make other shares:"
        )
        say(f"  tocsin keys backup --out keys.backup --shares SHARES --home {home}")
    opened = open_home(home)
    secret = secret if made else passphrase(home)
    daily: Daily = keep_cosigned
    if web:
        from console.doctor import examine
        from console.keyring import seal_keys
        from console.web.edge import beside_node, serve_alone

        def told(address: str) -> None:
            say(f"Console on {address}")

        more = (
            lambda: seal_keys(opened, secret, datetime.now(UTC)),
            lambda: [(str(one.state), *one[1:]) for one in examine(opened, datetime.now(UTC))],
        )
        if not opened.network_file.exists():
            say("This node belongs to no network yet: only its console is served.")
            serve_alone(opened, opened.identity(secret), web, told, more)
            return
        daily = beside_node(opened, web, daily, told, more)

    async def ask(node: Node) -> None:
        who = Asking(node.org_id, node.store, node.own(), node.directory())
        await ask_members(who, datetime.now(UTC))

    with ExitStack() as beside:
        # What reads forms and files is a tenth of all that is imported.
        if opened.settings.submissions_listen:
            from console.submissions import taking_submissions

            say(f"Taking submissions on {beside.enter_context(taking_submissions(opened))}")
        serve_node(
            opened,
            secret,
            lambda address: say(f"Listening on {address}"),
            sync or None,
            alerts=bool(sync) if alerts is None else alerts,
            daily=daily,
            first=ask,
            watch=beside.enter_context(
                watching_calls(opened, metrics, lambda where: say(f"Metrics on {where}"))
            ),
        )


def sync(
    peers: Annotated[
        list[str] | None, typer.Argument(metavar="PEER", help="Ids of members; else all.")
    ] = None,
    via: Annotated[
        str,
        typer.Option(metavar="MEMBER", help="Who passes on the logs of these peers.", show_default=False),
    ] = "",
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Pull what is new from the peers, verify it, and keep it.

    After the records of a member come its signed documents about cases, what it was shown of the logs of all, and what
    totals and numbers it asks for: what waits for you is said, and nothing is given by that. A cut costs nothing: the
    next sync goes on where this one stopped. What can not be verified is refused with its reason.
    A member that can not be reached is looked for with those that hold more of its log, if they pass it on; with --via
    only with one of them.
    """
    import asyncio
    from datetime import UTC, datetime

    from node.standby import stand_by

    standby = None if via else stand_by()  # before there are threads, lines and keys
    from console.alerts import warnings
    from console.announced import waiting_cubes, waiting_totals
    from console.forks import log_warnings
    from console.home import open_home
    from console.opened import open_node
    from console.posts import lost_here
    from console.syncing import sync_all, sync_via

    if via and not peers:
        raise typer.BadParameter("whose logs? name the peers", param_hint="--via")
    node = open_node(open_home(home), passphrase(home))
    sizes: dict[str, tuple[int, int]] = {}
    with steps("Verifying", 0) as progress:

        def seen(peer: str, done: int, size: int) -> None:
            sizes[peer] = (done, size)
            progress(sum(one for one, _ in sizes.values()))

        only = frozenset(peers or ())
        outcomes = asyncio.run(sync_via(node, via, only) if via else sync_all(node, only, seen, standby))
    rows = [
        (
            f"{one.records.org_id} by {one.via}" if one.via else one.records.org_id,
            one.records.received.accepted,
            one.records.received.retracted,
            one.records.received.withheld,
            one.records.received.refused,
            one.records.received.padding,
            one.records.held,
            one.records.verified,
            one.documents.taken,
            f"{one.error.reason}: {one.error}" if one.error else "",
        )
        for one in outcomes
    ]
    header = (
        "peer",
        "accepted",
        "called back",
        "withheld",
        "refused",
        "padding",
        "already held",
        "verified",
        "case documents",
        "stopped by",
    )
    show(header, rows, style)
    for line in warnings(node.store):
        say(line)
    for line in log_warnings(node.store, node.org_id):
        say(line)
    for line in waiting_totals(node.store, node.org_id, datetime.now(UTC)):
        say(line)
    cubes = waiting_cubes(node.store, [(one.records.org_id, one.asks) for one in outcomes])
    for line in (*cubes, *lost_here((one.records.org_id, one.documents.regained) for one in outcomes)):
        say(line)
    for synced in outcomes:
        for refused in synced.documents.refused:
            say(f"{refused.origin}: {refused.subject} was not taken: {refused.refused}")
    if any(one.error for one in outcomes):
        raise typer.Exit(1)
