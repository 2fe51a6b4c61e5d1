"""`tocsin alert`: ring the bell, hear the bells of others, and answer."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show

alert = typer.Typer(
    help="""Send urgent records at once, and hear those of others.

    An alert reaches the members who listen (`tocsin serve --sync` or `--alerts`) within a second; who is away gets it
    on coming back. Each sees of the record what it was released to them for, and no more.""",
    no_args_is_help=True,
)

IdArgument = Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert, or how it begins.")]
AdviceOption = Annotated[
    str, typer.Option(metavar="TEXT", help="One sentence on what to do. Needs --reviewed.")
]
ReviewedOption = Annotated[
    bool, typer.Option("--reviewed", help="A second person has read the advice: it names nobody.")
]
LastsOption = Annotated[float, typer.Option(metavar="HOURS", help="How long it is to be heeded.")]
LogWithinOption = Annotated[
    float, typer.Option(metavar="MINUTES", help="By when you promise the record to be in your log.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Print exactly what would leave, and let nothing leave.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before anything leaves.")]


@alert.command()
def send(
    record: Annotated[
        str, typer.Option("--id", metavar="SOURCE:KEY", help="The record by its id, e.g. awsd:4664.")
    ],
    tier: Annotated[
        list[str], typer.Option(metavar="TIER", help="Who is to get it: public, peer or coordinator.")
    ],
    advice: AdviceOption = "",
    reviewed: ReviewedOption = False,
    lasts: LastsOption = 24.0,
    log_within: LogWithinOption = 60.0,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Release a record to some tiers and send an alert about it.

    The same rules hold as for `tocsin share`: what may not leave is refused, whatever the hurry.
    """
    from console.cli.asking import ask_first
    from console.home import open_home
    from console.selection import select_revisions
    from console.sharing import PREVIEW_HEADER, make_request, preview_lines, read_tiers
    from node.alert import Order, send_alert, verify_order
    from node.alert_life import Sender
    from node.audience import Purpose
    from node.share import preview
    from node.wire import records

    opened = open_home(home)
    store = opened.store()
    now = datetime.now(UTC)
    (revision_id,) = select_revisions(store, [record], [], None, None, now.date())
    order = Order(
        now,
        opened.bounds(),
        read_tiers(tier),
        timedelta(hours=lasts),
        timedelta(minutes=log_within),
        advice,
        reviewed,
    )
    if dry_run:
        verify_order(order)
        request = make_request(opened, (revision_id,), tier, (), Purpose.STAFF_SAFETY)
        # What else a release would take along does not leave with an alert.
        plans = (plan.only(revision_id) for plan in preview(store, request))
        remarks = {"advice": advice or "none", "nothing_left": "this was a preview"}
        show(PREVIEW_HEADER, preview_lines(plans), style, remarks)
        return
    _confirm(f"Send an alert about {record} to {', '.join(tier)}?", yes=yes)
    secret = passphrase(home)
    ask_first(opened, store, secret)
    sent = send_alert(store, revision_id, order, Sender(opened.identity(secret), records))
    say("Sent to whoever listens now; others get it when they come back. See `tocsin alert list`.")
    print(sent.uid.hex())


@alert.command()
def update(
    alert_id: IdArgument,
    advice: AdviceOption = "",
    reviewed: ReviewedOption = False,
    lasts: LastsOption = 24.0,
    log_within: LogWithinOption = 60.0,
    yes: YesOption = False,
    home: HomeOption = HERE,
) -> None:
    """Send an alert of yours again, as its record stands now.

    Times and advice are those that you give this time.
    """
    from console.alerts import find_alert
    from console.cli.asking import ask_first
    from console.home import open_home
    from node.alert import Order, update_alert
    from node.alert_life import Sender
    from node.wire import records

    opened = open_home(home)
    store = opened.store()
    found = find_alert(store, alert_id)
    order = Order(
        datetime.now(UTC),
        opened.bounds(),
        frozenset(),
        timedelta(hours=lasts),
        timedelta(minutes=log_within),
        advice,
        reviewed,
    )
    _confirm(f"Send alert {found.alert.uid.hex()[:8]} again?", yes=yes)
    secret = passphrase(home)
    ask_first(opened, store, secret)
    sender = Sender(opened.identity(secret), records)
    print(update_alert(store, found.alert.uid, order, sender).uid.hex())


@alert.command()
def cancel(alert_id: IdArgument, yes: YesOption = False, home: HomeOption = HERE) -> None:
    """Say that an alert of yours is over, or was wrong. The record stays shared; `tocsin share` calls records back."""
    from console.alerts import find_alert
    from console.home import open_home
    from node.alert import cancel_alert
    from node.alert_life import Sender
    from node.wire import records

    opened = open_home(home)
    store = opened.store()
    found = find_alert(store, alert_id)
    _confirm(f"Cancel alert {found.alert.uid.hex()[:8]}?", yes=yes)
    sender = Sender(opened.identity(passphrase(home)), records)
    print(cancel_alert(store, found.alert.uid, datetime.now(UTC), sender).uid.hex())


@alert.command("list")
def list_alerts(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that have expired or were cancelled.")
    ] = False,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show alerts sent and received, and who has taken note.

    Under "promise" stands whether a peer has logged the record of its alert as it promised.
    """
    from console.alerts import HEADER, alert_row, interest_of, shown_alerts, state, warnings
    from console.home import open_home

    opened = open_home(home)
    store = opened.store()
    now = datetime.now(UTC)
    interest = interest_of(opened.settings)
    rows = [
        alert_row(one, opened.settings.org_id, interest, now)
        for one in shown_alerts(store, opened.settings.org_id)
        if everything or state(one.alert, now) in {"in force", "updated"}
    ]
    show(HEADER, rows, style, {"times": "UTC"})
    for line in warnings(store):
        say(line)


@alert.command()
def ack(alert_id: IdArgument, home: HomeOption = HERE) -> None:
    """Tell the sender of an alert that you have taken note of it."""
    import asyncio

    from console.alerts import find_alert
    from console.home import open_home
    from console.opened import open_node
    from console.serve import listener
    from node.client import PeerClient
    from node.errors import QueryError, UnavailableError
    from node.inbox import acknowledge
    from node.subscriptions import tell_notes

    opened = open_home(home)
    node = open_node(opened, passphrase(home))
    found = find_alert(node.store, alert_id)
    if found.alert.origin_id == node.org_id:
        raise QueryError("this alert is your own")
    acknowledge(node.store, found.alert.origin_id, found.alert.sequence, node.org_id, datetime.now(UTC))

    async def tell() -> None:
        peer = node.directory().member(found.alert.origin_id)
        async with PeerClient(peer, node.own()) as client:
            await tell_notes(listener(node, opened), client)

    try:
        asyncio.run(tell())
    except UnavailableError as error:
        say(f"Noted here. {error}; it will be told by `tocsin serve` when it can be reached.")
    else:
        say(f"{found.alert.origin_id} knows that you have taken note.")


@alert.command()
def watch(
    country: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this country. May be repeated.")
    ] = None,
    means: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this means of attack. May be repeated.")
    ] = None,
    near: Annotated[
        str, typer.Option(metavar="LAT,LON", help="Where you are; this stays on your machine.")
    ] = "",
    within: Annotated[int, typer.Option(metavar="KM", help="How far from there: 25, 50, 100 or 250.")] = 250,
    home: HomeOption = HERE,
) -> None:
    """Print alerts as they come, until you stop it.

    Without options the settings of the node say what you want to hear. An alert that does not show how far away it is
    is printed with the mark "distance unknown".
    """
    import asyncio

    from console.alerts import interest_of, make_interest
    from console.home import open_home
    from console.opened import open_node
    from console.serve import listener
    from console.watching import watch_alerts

    opened = open_home(home)
    node = open_node(opened, passphrase(home))
    chosen = country or means or near
    interest = (
        make_interest(country or [], means or [], near, within) if chosen else interest_of(opened.settings)
    )
    say("Listening. Stop with Ctrl-C.")
    asyncio.run(watch_alerts(listener(node, opened)._replace(interest=interest), print))


def _confirm(question: str, *, yes: bool) -> None:
    if sys.stdin.isatty() and not yes:
        typer.confirm(f"{question} (what leaves can not be taken back)", abort=True, err=True)
