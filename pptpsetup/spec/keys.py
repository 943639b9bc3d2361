"""Keys that the file must not have: what each was probably meant to be."""

from pptpsetup.errors import Diagnostic
from pptpsetup.spec.names import shown
from pptpsetup.spec.settings import BY_PATH, GROUPS, SETTINGS
from pptpsetup.spec.values import suggestion
from pptpsetup.yaml.node import Entry, MappingNode, Scalar

TOP = ("version", "defaults", "tunnels", "overrides")
"The keys at the top, in the order in which they are written."
_OTHER_WORDS = {
    other: ours
    for ours, others in {
        "server": "host gateway remote address",
        "username": "user login name",
        "domain": "workgroup",
        "password": "secret",
        "password_delivery": "passwordfd",
        "encryption": "mppe encrypt",
        "authentication": "auth",
        "mode": "all_to_tunnel lan_to_lan",
        "masquerade": "nat snat",
        "routes": "route networks",
        "dns.servers": "nameservers dns_servers",
        "dns.domains": "dns_domain dns_domains",
        "mtu": "mru",
        "on_boot": "autostart",
        "reconnect_delay": "holdoff retry",
        "reconnect_attempts": "maxfail attempts retries",
        "persist": "reconnect keep_up restart",
        "demand.idle": "idle on_demand dial_on_demand",
    }.items()
    for other in others.split()
}
"What other programs call our settings."


def unknown_top(entry: Entry) -> Diagnostic:
    """The problem of a key that stands at the top and must not."""
    key = entry.key.text
    close = suggestion(key, TOP)
    hint = f"did you mean {close}?" if close else f"the keys here are {', '.join(TOP)}"
    if key in BY_PATH or key in GROUPS:
        hint = "a setting stands under a tunnel's name in tunnels, or under defaults"
    elif not close and isinstance(entry.value, MappingNode):
        hint = "if this is a tunnel, it belongs under tunnels, indented further"
    return Diagnostic("unknown-key", f"unknown key {shown(key)}", entry.key.where, hint=hint)


def unknown_setting(key: Scalar, path: str, inside: str | None, guessed: set[str]) -> Diagnostic:
    """The problem of a key that is no setting; *inside* is the group it stands in.

    What it was probably meant to be is added to *guessed*.
    """
    choices = tuple(dict.fromkeys(setting.keys[0] for setting in SETTINGS))
    if inside is not None:
        choices = tuple(setting.keys[1] for setting in SETTINGS if setting.keys[0] == inside)
    close = path if path in BY_PATH else _OTHER_WORDS.get(key.text.lower().replace("-", "_"))
    if inside is None and close is not None and "." in close:
        group, _, last = close.partition(".")
        hint = f"write it as {group}: {{{last}: …}}"
    else:
        close = (close if inside is None else None) or suggestion(key.text, choices)
        hint = f"did you mean {close}?" if close else f"the settings here are {', '.join(choices)}"
    if close is not None:
        guessed.add(close)
    return Diagnostic("unknown-key", f"unknown setting {shown(path)}", key.where, hint=hint)
