"""The settings of a tunnel, each declared once.

From :data:`SETTINGS` come the validation of the YAML, the options of ``create`` (``options``), the defaults,
the JSON Schema and the reference table. Nothing here needs a YAML library, so that ``create --help`` stays
quick.
"""

from collections.abc import Mapping

from pptpsetup.spec import kinds, model, names, pppdoptions, sources, values
from pptpsetup.spec.setting import Option, Setting

_CHOICES_OF_AUTHENTICATION = kinds.Choice("authentication method", model.Authentication)
_PPPD_ALONE = "pptpsetup has no PPP of its own so far: pppd speaks it"
_PTY_ALONE = "every tunnel goes through pppd's pseudo-terminal so far"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "server",
        kinds.Text(
            "server", "host name or IPv4 address", "vpn.example.com", names.check_server, names.SERVER_SCHEMA
        ),
        "the PPTP server; it is always reached on TCP port 1723",
        "vpn.example.com",
        options=(Option("--server", "HOST"),),
        required=True,
    ),
    Setting(
        "username",
        kinds.Text(
            "user name",
            "text, at most 255 bytes with the domain",
            "alice",
            names.check_username,
            names.LOGIN_SCHEMA,
        ),
        "the name to log in with, without its Windows domain",
        "alice",
        options=(Option("--username", "USER"),),
        required=True,
    ),
    Setting(
        "domain",
        kinds.Text("domain", "text", "CORP", names.check_domain, names.LOGIN_SCHEMA),
        "the Windows domain; the server is then given DOMAIN\\user",
        "CORP",
        default=None,
        default_words="none",
        options=(Option("--domain", "D"),),
    ),
    Setting(
        "password",
        sources.Password(),
        "where the password comes from; the password itself never stands in the file",
        {"file": "/etc/pptpsetup/secrets/work"},
        default_words="`{file: /etc/pptpsetup/secrets/NAME}`",
        options=(
            Option(
                "--password-from",
                "KIND:VALUE",
                help="fetch the password from there at every apply: file:PATH, env:VARIABLE,"
                " 'command:PROGRAM ARGUMENT …' (run without a shell), 'keyring:SERVICE USER',"
                " credential:NAME or encrypted_credential:NAME",
            ),
        ),
    ),
    Setting(
        "password_delivery",
        kinds.Choice("password delivery", model.Delivery),
        "how pppd gets the password: from a line in its secrets file, or from a descriptor (its plugin"
        " passwordfd.so)",
        "passwordfd",
        default=model.Delivery.CHAP_SECRETS,
        options=(Option("--password-delivery", "KIND"),),
    ),
    Setting(
        "encryption",
        kinds.Choice("encryption", model.Encryption),
        "how strong MPPE (RFC 3078) must be; a server that offers less is refused",
        "required-128",
        default=model.Encryption.REQUIRED_128,
        options=(
            Option("--encrypt", value="required-128", help="require 128-bit MPPE encryption (the default)"),
            Option("--no-encrypt", value="none", help="do not encrypt: everything can be read on the way"),
        ),
    ),
    Setting(
        "authentication",
        kinds.ListOf(
            "authentication",
            f"a list of {_CHOICES_OF_AUTHENTICATION.words}",
            _CHOICES_OF_AUTHENTICATION.read,
            _CHOICES_OF_AUTHENTICATION.schema(),
            lambda value: str(_CHOICES_OF_AUTHENTICATION.plain(value)),
            least=1,
        ),
        "the methods the server may ask us to log in with; encryption works with the mschap ones only",
        ["mschap-v2"],
        default=(model.Authentication.MSCHAP_V2,),
        options=(
            Option(
                "--authentication",
                "METHOD",
                help=f"a method the server may ask us to log in with ({_CHOICES_OF_AUTHENTICATION.words})",
            ),
        ),
    ),
    Setting(
        "mode",
        kinds.Choice("mode", model.Mode),
        "which traffic goes through the tunnel",
        "client-to-lan",
        default_words="`client-to-lan` when there are routes, otherwise `interface-only`",
        options=(
            Option("--all-to-tunnel", value="all-to-tunnel", help="send all traffic through the tunnel"),
            Option(
                "--lan-to-lan",
                value="lan-to-lan",
                help="forward between this host's networks and those of --route",
            ),
        ),
    ),
    Setting(
        "routes",
        kinds.ListOf("routes", "a list of IPv4 networks", values.read_network, values.NETWORK_SCHEMA),
        "the networks behind the server that are reached through the tunnel",
        ["192.168.7.0/24"],
        default=(),
        options=(Option("--route", "CIDR", help="a network behind the server, such as 192.168.7.0/24"),),
    ),
    Setting(
        "masquerade",
        kinds.Boolean("masquerade"),
        "with lan-to-lan: forwarded packets get this host's address in the tunnel, so that the networks"
        " behind the server need no route back",
        False,
        default=False,
        options=(
            Option("--masquerade", value=True, help="with --lan-to-lan: hide its networks behind this host"),
        ),
    ),
    Setting(
        "dns.servers",
        kinds.ListOf(
            "dns.servers",
            "a list of IPv4 addresses or from-peer",
            values.read_name_server,
            {
                "type": "string",
                "pattern": rf"^(?:{values.FROM_PEER}|{names.ADDRESS_PATTERN})$",
                "patternErrorMessage": "Write an address such as 192.168.7.1, or from-peer.",
            },
        ),
        "the name servers to use while the tunnel is up; from-peer means those the server announces",
        ["from-peer"],
        default=(),
        options=(Option("--dns", "ADDRESS|from-peer", help="a name server to use while the tunnel is up"),),
    ),
    Setting(
        "dns.domains",
        kinds.ListOf(
            "dns.domains",
            "a list of DNS domains",
            values.read_dns_domain,
            {"type": "string", "minLength": 1},
        ),
        "ask these name servers only for names in these domains; without any: for all names",
        ["corp.example"],
        default=(),
        options=(Option("--dns-domain", "D", help="ask the tunnel's name servers only for this domain"),),
    ),
    Setting(
        "mtu",
        kinds.Integer("the MTU", 576, 1500, "bytes", "IPv4 needs 576 bytes and Ethernet carries 1500"),
        "the largest packet sent through the tunnel",
        1400,
        default=1400,
        options=(Option("--mtu", "N"),),
    ),
    Setting(
        "lcp_echo.interval",
        kinds.Duration("lcp_echo.interval", 0, 3600),
        "how often to ask whether the server is still there; 0s: never",
        "20s",
        default=20,
        options=(Option("--lcp-echo-interval", "TIME"),),
    ),
    Setting(
        "lcp_echo.failure",
        kinds.Integer("lcp_echo.failure", 1, 100, "unanswered requests"),
        "after how many unanswered requests the tunnel counts as broken",
        3,
        default=3,
        options=(Option("--lcp-echo-failure", "N"),),
    ),
    Setting(
        "reconnect_delay",
        kinds.Duration("reconnect_delay", 1, 3600),
        "how long to wait after an unexpected end before trying again",
        "10s",
        default=10,
        options=(Option("--reconnect-delay", "TIME"),),
    ),
    Setting(
        "persist",
        kinds.Boolean("persist"),
        "dial again after an unexpected end; without, the tunnel is down until it is started again",
        True,
        default=True,
        options=(
            Option("--persist", value=True, help="dial again after an unexpected end (the default)"),
            Option("--no-persist", value=False, help="do not dial again after an unexpected end"),
        ),
    ),
    Setting(
        "reconnect_attempts",
        kinds.Integer("reconnect_attempts", 0, 1000, "attempts"),
        "give up after so many attempts in a row that bring no connection; 0: never",
        0,
        default=0,
        options=(Option("--reconnect-attempts", "N"),),
    ),
    Setting(
        "demand.idle",
        kinds.Duration("demand.idle", 0, 86400),
        "dial when the first packet wants through, and hang up when none has passed for this time; 0s: dial"
        " at once and stay connected",
        "10m",
        default=0,
        options=(
            Option(
                "--demand",
                "IDLE",
                help="dial when the first packet wants through, and hang up when none has passed for IDLE",
            ),
        ),
    ),
    Setting(
        "on_boot",
        kinds.Boolean("on_boot"),
        "start the tunnel when the machine boots",
        True,
        default=False,
        options=(
            Option("--on-boot", value=True),
            Option("--no-on-boot", value=False, help="do not start the tunnel at boot (the default)"),
        ),
    ),
    Setting(
        "init",
        kinds.Choice("init system", model.Init),
        "who starts the tunnel at boot and keeps it running; auto: whatever this machine has",
        "systemd",
        default=model.Init.AUTO,
        options=(Option("--init", "KIND"),),
    ),
    Setting(
        "engine",
        kinds.Choice("engine", model.Engine),
        "the program that speaks PPTP for pppd: ours, or the distribution's pptp-linux",
        "bundled",
        default=model.Engine.BUNDLED,
        options=(Option("--engine", "KIND"),),
    ),
    Setting(
        "runner",
        kinds.Choice("runner", model.Runner, {"native": _PPPD_ALONE}),
        "who speaks PPP: pppd; auto is the best that there is here",
        "pppd",
        default=model.Runner.AUTO,
        options=(Option("--runner", "KIND"),),
    ),
    Setting(
        "datapath",
        kinds.Choice("datapath", model.Datapath, dict.fromkeys(("tun", "kernel"), _PTY_ALONE)),
        "how PPP's frames reach pppd: through its pseudo-terminal; auto is the best that there is here",
        "pty",
        default=model.Datapath.AUTO,
        options=(Option("--datapath", "KIND"),),
    ),
    Setting(
        "pppd_options",
        kinds.ListOf(
            "pppd_options",
            "a list of pppd(8) options, each with its argument",
            pppdoptions.read,
            {"type": "string", "minLength": 1},
            pppdoptions.plain,
        ),
        "options for pppd that no setting expresses; what would break the tunnel is refused with the reason",
        ["debug", "lcp-max-failure 20"],
        default=(),
        options=(Option("--pppd-option", "OPTION", help="one more option for pppd, with its argument"),),
    ),
)

BY_PATH: Mapping[str, Setting] = {setting.path: setting for setting in SETTINGS}
DEFAULTS: Mapping[str, object] = {setting.path: setting.default for setting in SETTINGS}
GROUPS: frozenset[str] = frozenset(setting.keys[0] for setting in SETTINGS if len(setting.keys) > 1)
"Keys that hold further settings."
REQUIRED: tuple[str, ...] = tuple(setting.path for setting in SETTINGS if setting.required)
