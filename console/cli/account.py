"""`tocsin account`: who may sign in to the console."""

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

account = typer.Typer(help="Say who may sign in to the console in a browser.", no_args_is_help=True)
PASSPHRASE = "TOCSIN_ACCOUNT_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
RoleOption = Annotated[
    list[str],
    typer.Option(
        "--role",
        metavar="ROLE",
        help="reporter, focal_point, accountability_officer, approver, legal_adviser, survivor_advocate,"
        " coordinator, auditor or operator. May be repeated.",
    ),
]


@account.command()
def add(name: NameArgument, role: RoleOption, home: HomeOption = HERE) -> None:
    """Make an account; you are asked for its passphrase.

    At the first sign-in its owner sets up an authenticator. TOCSIN_ACCOUNT_PASSPHRASE answers instead of you.
    """
    from console.home import open_home
    from console.web.accounts import add_account

    store = open_home(home).store()
    add_account(store, name, role, _passphrase(), datetime.now(UTC))
    say(f"Made the account {name}. Its owner signs in with `tocsin serve --web` running.")


@account.command()
def renew(name: NameArgument, home: HomeOption = HERE) -> None:
    """Give an account a new passphrase and authenticator.

    For whoever forgot the one or lost the other. Its sessions end.
    """
    from console.home import open_home
    from console.web.accounts import renew_account

    renew_account(open_home(home).store(), name, _passphrase(), datetime.now(UTC))
    say(f"{name} signs in with the new passphrase and sets up an authenticator again.")


@account.command()
def link(name: NameArgument, home: HomeOption = HERE) -> None:
    """Print a link that signs in to an account once.

    It counts for half an hour and needs neither passphrase nor code: for somebody beside you.
    """
    from console.home import open_home
    from console.web.edge import address_of
    from console.web.links import make_link

    node = open_home(home)
    address = address_of(node)
    print(f"{address}/link?token={make_link(node.store(), name, datetime.now(UTC))}")


@account.command()
def roles(name: NameArgument, role: RoleOption, home: HomeOption = HERE) -> None:
    """Give an account other roles; its sessions end."""
    from console.home import open_home
    from console.web.accounts import change_roles

    change_roles(open_home(home).store(), name, role, datetime.now(UTC))
    say(f"{name} has these roles from the next sign-in on.")


@account.command()
def close(name: NameArgument, home: HomeOption = HERE) -> None:
    """Close an account for good; its sessions end."""
    from console.home import open_home
    from console.web.accounts import close_account

    close_account(open_home(home).store(), name, datetime.now(UTC))
    say(f"{name} can not sign in any more.")


@account.command()
def provider(
    name: NameArgument,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Its `sub`; empty ends it.")],
    home: HomeOption = HERE,
) -> None:
    """Say who an account is at the provider of `oidc_issuer`.

    It may sign in there from then on, in the place of passphrase and code. No account is made by signing in there.
    """
    from console.home import open_home
    from console.web.provider import tie_account

    opened = open_home(home)
    tie_account(opened.store(), name, opened.settings.oidc_issuer.rstrip("/"), subject)
    say(f"{name} signs in there too." if subject else f"{name} does not sign in there any more.")


@account.command("list")
def list_accounts(home: HomeOption = HERE, style: FormatOption = Format.TABLE) -> None:
    """List the accounts."""
    from console.home import open_home
    from console.web.accounts import accounts

    rows = [
        (
            one.name,
            ", ".join(sorted(one.roles)),
            "closed" if one.closed_at is not None else "open",
            "yes" if one.second_step else "not yet",
            f"{datetime.fromtimestamp(one.made_at, UTC):%Y-%m-%d}",
        )
        for one in accounts(open_home(home).store())
    ]
    show(("name", "roles", "state", "authenticator", "made"), rows, style)


def _passphrase() -> str:
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"nobody is here to ask; set {PASSPHRASE}")
    answer = typer.prompt(
        "Passphrase of the account, at least 12 characters",
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    return str(answer)
