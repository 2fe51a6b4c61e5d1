"""`tocsin case evidence`: secure it, hand it on, verify it, give it to a prosecutor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.case.acting import CaseArgument, When
from console.cli.case.filling import needed
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, Format, FormatOption, HomeOption
from console.cli.output import say, show

evidence = typer.Typer(help="Secure evidence, hand it on, verify it, export it.", no_args_is_help=True)
ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help="Id of the item, such as E1.")]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Its content.", exists=True, dir_okay=False)
]
Purpose = Annotated[
    str,
    typer.Option("--purpose", metavar="WORDS", help="What for; sealed with the key of evidence. [needed]"),
]
_PIECE = 1024 * 1024
_FOR = "What for"


@evidence.command(short_help="Seal a file as evidence.")
def add(
    reference: CaseArgument,
    item: ItemArgument,
    file: FileArgument,
    kind: Annotated[
        str, typer.Option(metavar="CODE", help="document, photograph, video, audio, message... [needed]")
    ] = "",
    collected_by: Annotated[str, typer.Option(metavar="WORDS", help="Who collected it.")] = "",
    method: Annotated[str, typer.Option(metavar="WORDS", help="How it was collected.")] = "",
    copy_of: Annotated[str, typer.Option(metavar="ITEM", help="Item of which this is a redacted copy.")] = "",
    legal_hold: Annotated[bool, typer.Option("--legal-hold", help="It may not be destroyed.")] = False,
    when: When = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Seal a file as evidence; its chain of custody begins with that.

    Keep the file where it is until you have verified the sealed one. A redacted copy is an item of its own, and the
    original stays as it is.
    """
    from casework.event import Statement
    from casework.span import on, parse_span

    desk = desk_of(home, officer_id)
    fields = {
        "evidence": item,
        "kind": needed("--kind", kind, "What it is", "evidence_kind"),
        "name": file.name,
        "copy": "redacted" if copy_of else "original",
    }
    fields |= {name: words for name, words in (("collected_by", collected_by), ("method", method)) if words}
    if legal_hold:
        fields["legal_hold"] = "met"
    said = Statement("evidence_added", parse_span(when) if when else on(desk.today), fields)
    made = desk.add_evidence(desk.find(reference), said, Pieces(file), copy_of)
    say(f"{made.id} is sealed. SHA-256 of its content: {made.digest}")


@evidence.command("list", short_help="Show the evidence, and when it was last verified.")
def list_items(
    reference: CaseArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show the evidence of a case, and when each item was last verified."""
    from casework.evidence import items

    desk = desk_of(home, officer_id)
    rows = []
    for one in items(desk.read(desk.find(reference))):
        seen = one.verified
        state = (
            "destroyed"
            if one.is_destroyed
            else ("" if seen is None else f"{seen.text('result')} on {seen.when}")
        )
        rows.append(
            (
                one.id,
                *(one.added.text(name) for name in ("kind", "copy", "derived_from", "name")),
                one.digest,
                state,
            )
        )
    show(("item", "kind", "copy", "derived from", "name", "sha256", "verified"), rows, style)


@evidence.command(short_help="Show who did what with an item.")
def custody(
    reference: CaseArgument,
    item: ItemArgument,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Show who did what with an item, and its hash before and after."""
    from casework.evidence import items

    desk = desk_of(home, officer_id)
    found = [one for one in items(desk.read(desk.find(reference))) if one.id == item]
    names = ("act", "by", "to", "purpose", "before", "after", "result")
    rows = [
        (str(act.when), act.recorded_by, *(act.text(name) for name in names))
        for one in found
        for act in one.acts
    ]
    show(("when", "written by", *names), rows, style)


@evidence.command(short_help="Hash evidence again and write down the result.")
def verify(
    reference: CaseArgument,
    item: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM...]", help="Items; else all of them.")
    ] = None,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
    style: FormatOption = Format.TABLE,
) -> None:
    """Hash evidence again and write down whether it is what was collected; exit code 1 if any is not."""
    from casework.errors import CaseworkError, EvidenceError
    from casework.evidence import items

    desk = desk_of(home, officer_id)
    uid = desk.find(reference)
    kept = [one.id for one in items(desk.read(uid)) if one.file and not one.is_destroyed]
    rows = []
    for one in item or kept:
        try:
            desk.handle_evidence(uid, one, "verify")
            rows.append((one, "is what was collected", ""))
        except CaseworkError as error:
            if error.reason != EvidenceError.reason:
                raise
            rows.append((one, "failed", str(error)))
    show(("item", "result", "why"), rows, style)
    if any(why for _, _, why in rows):
        raise typer.Exit(1)


@evidence.command(short_help="Write down that an item was handed on.")
def transfer(
    reference: CaseArgument,
    item: ItemArgument,
    giver: Annotated[str, typer.Option("--from", metavar="WORDS", help="Who gave it. [needed]")] = "",
    taker: Annotated[str, typer.Option("--to", metavar="WORDS", help="Who took it. [needed]")] = "",
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WORDS", help="What for; sealed with the key of evidence.")
    ] = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write down that an item passed from one to another, with its hash before and after."""
    desk = desk_of(home, officer_id)
    hands = {"by": needed("--from", giver, "Who gave it"), "to": needed("--to", taker, "Who took it")}
    said = {**hands, **({"purpose": purpose} if purpose else {})}
    desk.handle_evidence(desk.find(reference), item, "transfer", said)
    say(f"{item}: written down, the hash is the one of before")


@evidence.command(short_help="Write an item into a file of your own.")
def extract(
    reference: CaseArgument,
    item: ItemArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file to write its content to.")],
    purpose: Purpose = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write the content of an item into a file of your own, after the access was written down.

    Nobody looks after that file but you: delete it when you are done.
    """
    desk = desk_of(home, officer_id)
    uid, why = desk.find(reference), needed("--purpose", purpose, _FOR)
    with _new_file(file) as target:
        for piece in desk.evidence_content(uid, item, why):
            target.write(piece)
    say(f"{file} holds {item}")


@evidence.command(short_help="Write a package that a prosecutor can verify.")
def export(
    reference: CaseArgument,
    item: Annotated[list[str], typer.Argument(metavar="ITEM...", help="Items.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="New folder for the package. [needed]")
    ] = None,
    recipient: Annotated[str, typer.Option("--to", metavar="WORDS", help="Who gets it. [needed]")] = "",
    purpose: Purpose = "",
    host_government: Annotated[
        bool,
        typer.Option(
            "--host-government", help="It goes to a host government: an approver released it first."
        ),
    ] = False,
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Write a package that a prosecutor can verify off line with docs/verify_evidence.py.

    Tell the recipient on another way the key that is printed: it is what the script believes.
    """
    from casework.package import Leaving, write_package

    desk = desk_of(home, officer_id)
    folder = Path(needed("--out", str(out or ""), "New folder for the package"))
    to, why = needed("--to", recipient, "Who gets it"), needed("--purpose", purpose, _FOR)
    terms = Leaving(to, why, host_government)
    digest = write_package(folder, desk.evidence_package(desk.find(reference), tuple(item), terms))
    say(f"{folder} holds the package. SHA-256 of its manifest: {digest}")
    print(f"python verify_evidence.py {folder} {desk.first_key.hex()}")


@evidence.command("destroy", short_help="Destroy an item that another person added.")
def destroy_item(
    reference: CaseArgument,
    item: ItemArgument,
    purpose: Purpose = "",
    officer_id: OfficerOption = NOBODY,
    home: HomeOption = HERE,
) -> None:
    """Destroy the file of an item that another person added; what was said of it stays. Belongs to approvers."""
    desk = desk_of(home, officer_id)
    desk.destroy_evidence(desk.find(reference), item, needed("--purpose", purpose, _FOR))
    say(f"The file of {item} is destroyed.")


class Pieces:
    """A file in pieces, as often as somebody goes through it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        """Begin anew."""
        with self._file.open("rb") as source:
            while piece := source.read(_PIECE):
                yield piece


@contextmanager
def _new_file(file: Path) -> Iterator[Any]:
    """A file that was not there, and is not there again where it could not be written whole."""
    from node.errors import UnreadableError

    try:
        with file.open("xb") as target:
            try:
                yield target
            except BaseException:
                file.unlink()
                raise
    except OSError as error:
        raise UnreadableError(f"{file} can not be written ({error.strerror})") from error
