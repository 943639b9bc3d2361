"""The settings as options of a command line, and their values as plain data."""

from typing import TYPE_CHECKING

from pptpengine.record import replace
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec import kinds, names, values
from pptpsetup.spec.setting import Setting
from pptpsetup.spec.settings import BY_PATH, SETTINGS
from pptpsetup.yaml.node import node_of

if TYPE_CHECKING:
    import argparse


def add_options(
    parser: "argparse._ActionsContainer", password: "argparse._ActionsContainer | None" = None
) -> None:
    """Add every setting's options to *parser*, those of ``password`` to *password* if given.

    None is required there and every default is None.
    """
    for setting in SETTINGS:
        elsewhere = password if setting.path == "password" else None
        add_setting(elsewhere or parser, setting)


def add_setting(parser: "argparse._ActionsContainer", setting: Setting) -> None:
    """Add the options of *setting* to *parser*."""
    for option in setting.options:
        text = (option.help or setting.help).replace("%", "%%")
        if option.metavar is None:
            parser.add_argument(
                option.flag, dest=setting.dest, action="store_const", const=option.value, help=text
            )
            continue
        if isinstance(setting.kind, kinds.Choice):
            text += f" ({setting.kind.words})"
        action = "append" if setting.kind.many else "store"
        parser.add_argument(option.flag, dest=setting.dest, action=action, metavar=option.metavar, help=text)


def values_from_args(args: "argparse.Namespace", *, reset: bool = False) -> dict[str, object]:
    """The settings given as options: path to plain data, validated and in canonical form.

    With *reset*, every setting that has an option and was not given maps to None, which takes it out of the
    file.
    Raises SpecError with all problems; ``where`` names the option.
    """
    found: dict[str, object] = {}
    problems: list[Diagnostic] = []
    for setting in SETTINGS:
        given = getattr(args, setting.dest, None) if setting.options else None
        if given is None:
            if reset and setting.options:
                found[setting.path] = None
            continue
        try:
            found[setting.path] = _from_option(setting, given)
        except SpecError as error:
            problems.extend(error.diagnostics)
    if problems:
        raise SpecError(problems)
    return found


def _from_option(setting: Setting, given: object) -> object:
    where = Where(setting.options[0].flag)
    if setting.options[0].metavar is None:
        return setting.kind.plain(setting.kind.read(node_of(given, where)))
    if not setting.kind.many:
        return setting.kind.plain(setting.kind.read(setting.kind.from_option(str(given), where)))
    texts = given if isinstance(given, (list, tuple)) else [given]
    # Repeating an option with the same value is no mistake worth stopping for; in a file it would be.
    items = list(dict.fromkeys(str(text) for text in texts))
    return setting.kind.plain(setting.kind.read(node_of(items, where)))


def read_plain(path: str, value: object, where: Where | None = None) -> object:
    """The model's value for plain data given for a setting.

    Raises SpecError: unknown setting, or every problem of the value.
    """
    setting = BY_PATH.get(path)
    if setting is None:
        close = values.suggestion(path, tuple(BY_PATH))
        hint = f"did you mean {close}?" if close else None
        raise SpecError(
            Diagnostic("unknown-key", f"there is no setting {names.shown(path)}", where, hint=hint)
        )
    try:
        return setting.kind.read(node_of(value, where))
    except SpecError as error:
        found = error.diagnostics
    raise SpecError(each if each.where else replace(each, where=where) for each in found)
