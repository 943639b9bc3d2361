"""Peers files whose line is the kernel's PPTP: pppd's plug-in ``pptp.so`` with ``pptp_server HOST``.

The plug-in is that of accel-pptp, which some distributions and OpenWrt carry; its options are in no table of
pppd's own. Each takes one word.
"""

from collections.abc import Iterator, Sequence
from posixpath import basename
from typing import Final

from pptpsetup.spec.importer.finding import Found, Verdict
from pptpsetup.spec.importer.uses import Use

_NO_SETTING: Final = "there is no setting for it"
_TUNING: Final = "the engine finds its own; it has no setting"
_OPTIONS: Final[dict[str, tuple[Verdict, str]]] = {
    "pptp_client": (Verdict.LOST, _NO_SETTING),
    "pptp_localbind": (Verdict.LOST, _NO_SETTING),
    "pptp_phone": (Verdict.LOST, _NO_SETTING),
    "pptp_window": (Verdict.LOST, _TUNING),
    "pptp_timeout": (Verdict.LOST, _TUNING),
    "pptp_verbose": (Verdict.SAME, "the engine logs what matters"),
    "pptp_call_info": (Verdict.SAME, "the engine chooses its own"),
}
_SERVER: Final = "pptp_server"


def take(found: Found, uses: Sequence[Use]) -> list[Use]:
    """*uses* without the plug-in and its options, whose meaning *found* is given."""
    plugin = next((use for use in uses if _is_it(use)), None)
    if plugin is None:
        return list(uses)
    found.note(Verdict.CHANGED, plugin.text, plugin.where, "the engine speaks PPTP, and not the kernel")
    return list(_others(found, iter(uses)))


def _is_it(use: Use) -> bool:
    name = basename((use.option.argument or b"").decode("utf-8", "replace"))
    return use.name == "plugin" and name in {"pptp.so", "pptp"}


def _others(found: Found, uses: Iterator[Use]) -> Iterator[Use]:
    for use in uses:
        if _is_it(use):
            continue
        if use.name != _SERVER and use.name not in _OPTIONS:
            yield use
            continue
        value = next(uses, None)
        text = use.name if value is None else f"{use.name} {value.text}"
        if value is None:
            message = f"the option {use.name} has no argument"
            found.problem("import-no-argument", message, use.where, hint="write one")
        elif use.name == _SERVER:
            found.set("server", value.option.word.value.decode("utf-8", "replace"), text, use.where)
        else:
            verdict, why = _OPTIONS[use.name]
            found.note(verdict, text, use.where, why)
