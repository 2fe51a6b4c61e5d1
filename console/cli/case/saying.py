"""The engine behind all verbs of `tocsin case` that say something: options from the table of kinds, one statement."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from console.cli.case.acting import CaseArgument, Fields, KnownOn, When, given_fields
from console.cli.case.signing_in import NOBODY, OfficerOption, desk_of
from console.cli.options import HERE, HomeOption
from console.cli.output import say
from console.verbs import GROUPS, VERBS, Verb

Source = Annotated[list[str] | None, typer.Option(metavar="SOURCE", help="Id of a source; may be repeated.")]
Reliability = Annotated[str, typer.Option(metavar="CODE", help="How reliable the sources are.")]
_FIELDS = "tocsin.fields"


class VerbCommand(TyperCommand):
    """A command that has one option for each field of its kind of event; the table is read when they are needed."""

    verb: Verb

    def get_params(self, ctx: Any) -> list[Any]:
        """One option for each field, then those that all verbs have."""
        own = super().get_params(ctx)
        taken = {option for param in own for option in param.opts}
        arguments = [param for param in own if param.param_type_name == "argument"]
        fields = [param for param in _field_options(self.verb) if not set(param.opts) & taken]
        return arguments + fields + [param for param in own if param.param_type_name != "argument"]


def _field_options(verb: Verb) -> list[Any]:
    """The options for the fields of a verb, made by typer out of a signature, as all others are."""
    from casework.vocabulary import kinds

    def fields(**_fields: str) -> None:
        """Stand for the verb; its options keep what they are given."""

    chosen = [field for field in kinds()[verb.kind].fields.values() if field.name not in verb.fixed]
    # A field may have the name of a Python word, such as `from`.
    parameters = [
        Parameter(f"field_{field.name}", Parameter.KEYWORD_ONLY, default=_option(verb, field), annotation=str)
        for field in chosen
    ]
    fields.__annotations__ = {parameter.name: str for parameter in parameters}
    fields.__signature__ = Signature(parameters)  # type: ignore[attr-defined] # what inspect looks at first
    app = typer.Typer(add_completion=False)
    app.command()(fields)
    return [param for param in typer.main.get_command(app).params if param.name.startswith("field_")]


def _option(verb: Verb, field: Any) -> Any:
    from casework.vocabulary import codes
    from casework.vocabulary.words import words

    def keep(context: typer.Context, value: str) -> None:
        if value:
            context.meta.setdefault(_FIELDS, {})[field.name] = value

    name = field.name
    filled = verb.new.partition(":")[0] == name or (name == "proposal" and verb.proposal)
    how = words("en").field(name)
    if field.codes:
        how += ": " + ", ".join(codes(field.codes))
    if field.form == "digest":
        how += ": the file, or its SHA-256"
    needed = " [needed]" if field.required and not filled else ""
    return typer.Option(
        "",
        "--" + name.replace("_", "-"),
        callback=keep,
        expose_value=False,
        metavar="FILE" if field.form == "digest" else field.form.upper(),
        help=f"{how}.{needed}",
        show_default=False,
    )


def add_verbs(case: typer.Typer, **others: typer.Typer) -> None:
    """Add every verb to `tocsin case`, in its group; `others` are groups that hold commands already."""
    groups = {name: typer.Typer(help=text, no_args_is_help=True) for name, text in GROUPS.items()}
    for verb in VERBS:
        home = {**groups, **others}[verb.words[0]] if len(verb.words) > 1 else case
        command = type("VerbCommand", (VerbCommand,), {"verb": verb})
        home.command(verb.words[-1], cls=command, help=verb.help)(_saying(verb))
    for name, group in groups.items():
        case.add_typer(group, name=name)


def _saying(verb: Verb) -> Callable[..., None]:
    def run(
        context: typer.Context,
        reference: CaseArgument,
        fields: Fields = None,
        when: When = "",
        known_on: KnownOn = None,
        source: Source = None,
        reliability: Reliability = "unknown",
        officer_id: OfficerOption = NOBODY,
        home: HomeOption = HERE,
    ) -> None:
        from dataclasses import replace

        from console.cli.case.filling import fill
        from console.saying import make_statement, told

        desk = desk_of(home, officer_id)
        uid = desk.find(reference)
        typed = {**given_fields(fields), **context.meta.get(_FIELDS, {})}
        said = fill(desk.read(uid), verb, typed, desk.officer)
        statement = make_statement(verb.kind, said, when, desk.today, known_on)
        statement = replace(statement, sources=tuple(source or ()), reliability=reliability)
        desk.say(uid, statement)
        say(told(desk.read(uid), verb, said, desk.rules, desk.today))

    return run
