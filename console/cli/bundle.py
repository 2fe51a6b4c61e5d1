"""`tocsin bundle`: share where there is no line."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption, passphrase
from console.cli.output import say, show, steps

bundle = typer.Typer(
    help="""Share by USB stick or e-mail where there is no line.

    A bundle is what one member would pull from you, sealed so that only this member can open it. It is verified like
    anything that comes over the line.""",
    no_args_is_help=True,
)


@bundle.command()
def write(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The file to write.")],
    to: Annotated[str, typer.Option("--to", metavar="MEMBER", help="Id of the member that will read it.")],
    start: Annotated[
        int,
        typer.Option(
            "--from",
            metavar="N",
            min=0,
            help="Leave out the first N entries, which the member holds: its `verified` of you in `tocsin peer list`.",
        ),
    ] = 0,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Write what you shared with one member to a sealed file.

    Nobody but this member can open it or learn more from it than about how large it is.
    """
    from console.bundles import write_bundle_file
    from console.cli.asking import UNASKED
    from console.cli.output import working
    from console.confirming import ask_before_writing
    from console.home import open_home
    from node.bundle import Asked

    opened, secret = open_home(home), passphrase(home)
    answered = ask_before_writing(opened, opened.store(), secret)
    with working("Writing"):
        written = write_bundle_file(opened, secret, Asked(to, start), file)
    made = written.bundle
    show(
        ("file", "for", "from", "to", "entries", "bytes"),
        [(str(file), made.recipient_id, made.first_index, made.log_size, written.entries, written.bytes)],
        style,
    )
    if written.waiting:
        say(f"{written.waiting} newer entries wait for the next checkpoint; write a bundle again after that.")
    if not answered:
        say(UNASKED)
    say(f"Give {file} to {made.recipient_id}, who reads it with: tocsin bundle read FILE")


@bundle.command()
def read(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", dir_okay=False, help="The file that a member wrote for you.")
    ],
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Read a bundle that was written for you.

    All of it is verified, and what is new is kept. If reading is cut, read the file again: it goes on where it stopped.
    Reading a file twice changes nothing.
    """
    from console.bundles import read_bundle_file
    from console.home import open_home

    opened, secret = open_home(home), passphrase(home)
    with steps("Verifying", 0) as progress:
        outcome = read_bundle_file(opened, secret, file, lambda done, _size: progress(done))
    read, got = outcome.bundle, outcome.received
    header = (
        "member",
        "written",
        "accepted",
        "called back",
        "withheld",
        "refused",
        "destroyed",
        "padding",
        "already held",
        "verified",
        "stopped by",
    )
    stopped = f"{outcome.error.reason}: {outcome.error}" if outcome.error else ""
    row = (read.origin_id, f"{read.issued:%Y-%m-%d %H:%M UTC}", *got, outcome.held, outcome.verified, stopped)
    show(header, [row], style)
    held = opened.directory().version
    if read.directory_version > held:
        say(
            f"{read.origin_id} has version {read.directory_version} of the directory, you have version {held}:"
            " ask for the newest, then `tocsin peer join FILE`."
        )
    say(f"The next bundle of {read.origin_id} for you may start with --from {outcome.verified}.")
    if outcome.error:
        raise typer.Exit(1)
