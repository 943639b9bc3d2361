"""Hand-written peers files: what each option becomes, with includes, secrets and hooks."""

import pytest

from pptpsetup.spec.importer.finding import Verdict
from tests.pptpsetup.spec.importer.bench import CHAP, PEERS, PTY, codes, look, only, peers, told


def test_a_plain_file_becomes_settings() -> None:
    found = only(
        {
            PEERS: PTY + "name CORP\\\\alice\nremotename office\nrequire-mppe-128\nmtu 1400 mru 1400\n"
            "refuse-pap refuse-chap refuse-mschap refuse-eap\npersist holdoff 5 maxfail 0\nusepeerdns\n"
            "lcp-echo-interval 30 lcp-echo-failure 4\n",
            CHAP: 'bob office other *\n"CORP\\\\alice" office "sec ret" *\n',
        }
    )
    assert found.problems == []
    assert found.values == {
        "server": "vpn.example.com",
        "domain": "CORP",
        "username": "alice",
        "encryption": "required-128",
        "authentication": ["mschap-v2"],
        "mtu": 1400,
        "lcp_echo.interval": "30s",
        "lcp_echo.failure": 4,
        "reconnect_delay": "5s",
        "dns.servers": ["from-peer"],
    }
    assert found.password is not None
    assert found.password.reveal() == "sec ret"
    assert found.takeovers[CHAP].content == b"bob office other *\n"
    assert found.takeovers[PEERS].content is None
    assert not told(found, Verdict.CHANGED) + told(found, Verdict.LOST)


@pytest.mark.parametrize(
    ("text", "encryption", "verdict"),
    [
        ("require-mppe-128", "required-128", Verdict.SETTING),
        ("+mppe-128", "required-128", Verdict.SETTING),
        ("require-mppe-40", "required-40", Verdict.SETTING),
        ("require-mppe", "required-128", Verdict.REPAIRED),
        ("require-mppe require-mppe-128", "required-128", Verdict.REPAIRED),
        ("require-mppe-40 require-mppe-128", "required-128", Verdict.REPAIRED),
        ("require-mppe nomppe-40", "required-128", Verdict.SETTING),
        ("require-mppe nomppe-128", "required-40", Verdict.SETTING),
        ("require-mppe-40 nomppe require-mppe-128", "required-128", Verdict.SETTING),
        ("mppe required,no40,no56,stateless", "required-128", Verdict.REPAIRED),
        ("", "none", Verdict.SETTING),
        ("require-mppe-128 nomppe", "none", Verdict.SETTING),
    ],
)
def test_strengths_of_mppe(text: str, encryption: str, verdict: Verdict) -> None:
    found = peers(text)
    assert found.problems == []
    assert found.values["encryption"] == encryption
    first = next(note for note in found.notes if "mppe" in note.text or "no option" in note.text)
    assert first.verdict is verdict


def test_no_strength_left() -> None:
    assert codes(peers("require-mppe-40 nomppe-40")) == [f"import-no-strength {PEERS}:3:1"]


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("refuse-pap -chap", ["mschap-v2", "mschap"]),
        ("", ["mschap-v2", "mschap", "chap", "pap"]),
        ("require-mppe-128", ["mschap-v2", "mschap"]),
        ("-mschap-v2 -mschap -chap", ["pap"]),
    ],
)
def test_methods(text: str, methods: list[str]) -> None:
    assert peers(text).values["authentication"] == methods


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("defaultroute replacedefaultroute", "all-to-tunnel"),
        ("replacedefaultroute defaultroute", "all-to-tunnel"),
        ("replacedefaultroute", None),
        ("nodefaultroute replacedefaultroute", None),
        ("defaultroute noreplacedefaultroute", None),
    ],
)
def test_replacedefaultroute_is_about_defaultroute(text: str, mode: str | None) -> None:
    """pppd(8): by itself it does nothing (ipcp_up() in pppd/ipcp.c)."""
    assert peers(text).values.get("mode") == mode


@pytest.mark.parametrize("program", ["/bin/true", "true", "''"])
def test_a_program_that_does_nothing_is_no_loss(program: str) -> None:
    assert told(peers(f"connect {program}"), Verdict.LOST) == []
    assert told(peers("connect /bin/chat"), Verdict.LOST) == ["connect /bin/chat"]


@pytest.mark.parametrize("option", ["auth", "require-mschap-v2", "+chap", "require-eap"])
def test_what_asks_the_server_to_prove_who_it_is(option: str) -> None:
    found = peers(option)
    assert told(found, Verdict.LOST) == []
    assert any("require" in text or text == option for text in told(found, Verdict.CHANGED))


def test_options_of_a_plug_in_are_lost_with_it() -> None:
    found = peers("plugin winbind.so\nntlm_auth-helper '/usr/bin/ntlm_auth --x'\n")
    assert found.problems == []
    lost = told(found, Verdict.LOST)
    assert [each.split()[0].strip('"') for each in lost] == [
        "ntlm_auth-helper",
        "/usr/bin/ntlm_auth",
        "plugin",
    ]


def test_defaults_of_pppd_are_kept() -> None:
    """Not those of pptpsetup: what the spec can express stays as it was."""
    values = peers("").values
    assert (values["mtu"], values["lcp_echo.interval"]) == (1500, "0s")


def test_what_no_setting_expresses_is_passed_on() -> None:
    found = peers(
        'debug ipcp-max-failure 20 10.0.0.1:10.0.0.2 active-filter "not icmp" idle 600 idle 300 bsdcomp 12'
    )
    assert found.values["pppd_options"] == [
        "debug",
        "ipcp-max-failure 20",
        "10.0.0.1:10.0.0.2",
        'active-filter "not icmp"',
        "idle 300",
        "bsdcomp 12",
    ]
    assert found.lost == ()


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("plugin radius.so", "plugin radius.so"),
        ("connect /bin/chat", "connect /bin/chat"),
        ("logfile /var/log/vpn", "logfile /var/log/vpn"),
        ("defaultroute", "defaultroute"),
        ("ip-up-script /root/up", "ip-up-script /root/up"),
        ("demand", "demand"),
        ("/dev/ttyS0", "/dev/ttyS0"),
    ],
)
def test_what_cannot_be_kept_says_why(text: str, lost: str) -> None:
    (note,) = peers(text).lost
    assert note.text == lost
    assert note.why
    assert str(note.where) == f"{PEERS}:3:1"


def test_an_empty_program_is_none() -> None:
    assert peers('connect /bin/false connect "" welcome ""').lost == ()


def test_a_replaced_default_route_is_all_to_tunnel() -> None:
    assert peers("replacedefaultroute defaultroute").values["mode"] == "all-to-tunnel"
    assert "mode" not in peers("defaultroute nodefaultroute").values


def test_includes_count_where_they_stand() -> None:
    found = peers(
        "file /etc/ppp/options.pptp\nmtu 1300\n", **{"options.pptp": "mtu 1200\nlcp-max-failure 20\n"}
    )
    assert found.values["mtu"] == 1300
    assert found.values["pppd_options"] == ["lcp-max-failure 20"]
    assert "file /etc/ppp/options.pptp" in told(found, Verdict.SAME)
    (note,) = (each for each in found.notes if each.verdict is Verdict.KEPT)
    assert str(note.where) == "/etc/ppp/options.pptp:2:1"


def test_files_put_aside_are_no_tunnels() -> None:
    names = ("office", "office~", "office.bak", "office.dpkg-old", "my vpn", "office.2")
    found = look({f"/etc/ppp/peers/{name}": f"{PTY}name alice\n" for name in names}).found
    assert [each.name for each in found] == ["my vpn", "office", "office.2"]


def test_a_called_file_with_the_line_makes_both_tunnels() -> None:
    found = look({"/etc/ppp/peers/base": PTY + "name alice\n", PEERS: "call base\nmtu 1300\n"}).found
    assert [(each.name, each.values["mtu"]) for each in found] == [("base", 1500), ("office", 1300)]


def test_the_options_file_of_all_tunnels_counts_and_stays() -> None:
    found = peers(
        "noauth\n",
        options="auth\nlock\nlcp-echo-interval 30\nlcp-echo-failure 4\ndebug\nbsdcomp 9\nlogfile /x\n",
    )
    assert found.values["lcp_echo.interval"] == "30s"
    # debug goes on to be read from there; bsdcomp would be cleared by our file.
    assert found.values["pppd_options"] == ["bsdcomp 9"]
    assert found.lost == ()


@pytest.mark.parametrize(
    ("pty", "problem"),
    [
        ("pty 'pptp $(cat /etc/server) --nolaunchpppd'", "import-dynamic"),
        ("pty 'pptp a --nolaunchpppd; id'", "import-dynamic"),
        ("pty 'pptp --nolaunchpppd'", "import-no-server"),
        ("pty 'pptp vpn.example.com'", "import-pty"),
        ('pty "pptp \\"vpn --nolaunchpppd"', "import-open-quote"),
        ("pty 'pptp ::1 --nolaunchpppd'", "server-is-ipv6"),
    ],
)
def test_a_line_that_does_not_tell_the_server(pty: str, problem: str) -> None:
    found = only({PEERS: f"{pty}\nname alice\n"})
    assert codes(found) == [f"{problem} {PEERS}:1:1"]


@pytest.mark.parametrize(
    ("command", "lost"),
    [
        ("exec /usr/sbin/pptp vpn.example.com --nolaunchpppd --loglevel 1 --logstring x", []),
        ("/opt/p/bin/python -I -S /opt/engine/pptpengine/__main__.py vpn.example.com --nolaunchpppd", []),
        ("pptp --nolaunchpppd --loglevel=0 vpn.example.com", []),
        ("pptp --localbind 10.0.0.1 vpn.example.com --nolaunchpppd", ["pty: --localbind 10.0.0.1"]),
        (
            "pptp vpn.example.com --nolaunchpppd --quirks BEZEQ_ISRAEL --wat",
            ["pty: --quirks BEZEQ_ISRAEL", "pty: --wat"],
        ),
    ],
)
def test_commands_of_the_line(command: str, lost: list[str]) -> None:
    found = only({PEERS: f'pty "{command}"\nname alice\n'})
    assert found.problems == []
    assert found.values["server"] == "vpn.example.com"
    assert told(found, Verdict.LOST) == lost


@pytest.mark.parametrize(
    "text", ["pty 'pppoe -I eth0'", "/dev/ttyUSB0 115200 connect 'chat pptp'", "", "plugin rp-pppoe.so"]
)
def test_other_tunnels_are_none_of_ours(text: str) -> None:
    assert look({PEERS: text}).found == ()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("name 'alice\n", [f"import-open-quote {PEERS}:2:6", f"import-no-name {PEERS}"]),
        ("name alice mtu", [f"import-no-argument {PEERS}:2:12"]),
        ("name alice mtu 0x5k", [f"import-number {PEERS}:2:12"]),
        ("name alice mtu 9000", [f"out-of-range {PEERS}:2:12"]),
        ("name alice nosuchthing", [f"import-unknown-option {PEERS}:2:12"]),
        ("name alice\nfile /not/there", [f"import-include {PEERS}:3:1"]),
        ("name alice\nfile relative", [f"import-include {PEERS}:3:1"]),
        ("name alice\ncall office", [f"import-circle {PEERS}:3:1"]),
        ("name a\\x00b\\303(", [f"import-login {PEERS}:2:1"]),
        ("name " + "x" * 1100, [f"import-long-word {PEERS}:2:6", f"import-no-name {PEERS}"]),
        ("", [f"import-no-name {PEERS}"]),
    ],
)
def test_bad_files_are_told_with_their_places(text: str, problems: list[str]) -> None:
    if "\\303" in text:
        text = 'name "a\\303("'
    assert codes(only({PEERS: PTY + text})) == problems


def test_a_byte_order_mark() -> None:
    found = only({PEERS: b"\xef\xbb\xbf" + PTY.encode() + b"name alice\n"})
    assert codes(found) == [f"import-bom {PEERS}:1:1"]


def test_windows_line_ends_are_blanks() -> None:
    found = only({PEERS: PTY.replace("\n", "\r\n") + "name alice\r\nmtu 1300\r\n", CHAP: "alice * pw *\r\n"})
    assert found.problems == []
    assert found.values["mtu"] == 1300


def test_a_password_in_the_file_is_taken_and_not_told() -> None:
    found = peers('password "S3cret" user bob')
    assert found.password is not None
    assert found.password.reveal() == "S3cret"
    assert found.values["username"] == "bob"
    assert "S3cret" not in str(found.notes)
    assert found.takeovers[PEERS].secret


class TestSecrets:
    """Which line is the tunnel's."""

    @pytest.mark.parametrize(
        ("secrets", "password", "left"),
        [
            ("alice office pw\n", "pw", ""),
            ("* office no\nalice * pw\n", "pw", "* office no\nalice * pw\n"),
            ("alice * no\nalice office pw\nx y z\n", "pw", "alice * no\nx y z\n"),
            ("alice office pw # old\n# tail", "pw", "# tail"),
            ("alice office first\nalice office second\n", "first", ""),
            ("alice \\\noffice pw\nx y z\n", "pw", "x y z\n"),
            ("alice office pw", "pw", ""),
            ("alice office\npw\n", None, "alice office\npw\n"),
            ("bob office pw\n", None, "bob office pw\n"),
        ],
    )
    def test_choice_and_removal(self, secrets: str, password: str | None, left: str) -> None:
        found = only({PEERS: f"{PTY}name alice\nremotename office\n", CHAP: secrets})
        assert found.problems == []
        assert (found.password and found.password.reveal()) == password
        takeover = found.takeovers.get(CHAP)
        assert (secrets.encode() if takeover is None else takeover.content) == left.encode()

    def test_a_file_named_by_the_secret_is_read(self) -> None:
        found = only(
            {
                PEERS: f"{PTY}name alice\nremotename office\n",
                CHAP: "alice office @/root/pw *\n",
                "/root/pw": '"@/etc/hostname" rest\n',
            }
        )
        assert found.password is not None
        assert found.password.reveal() == "@/etc/hostname"

    def test_bytes_stay_bytes(self) -> None:
        found = only(
            {PEERS: f"{PTY}name alice\nremotename office\n", CHAP: b"alice office \xe9\xff\xc3\xa9\n"}
        )
        assert found.password is not None
        assert found.password.pppd_bytes() == b"\xe9\xff\xc3\xa9"

    def test_an_open_quote_above_is_told(self) -> None:
        found = only({PEERS: f"{PTY}name alice\nremotename office\n", CHAP: 'x y "z\nalice office pw\n'})
        assert codes(found) == [f"import-open-quote {CHAP}:1:5"]

    def test_of_several_lines_the_servers_name_chose_one(self) -> None:
        found = only({PEERS: f"{PTY}name alice\n", CHAP: "alice A one *\nalice B two *\nbob C three *\n"})
        assert told(found, Verdict.LOST) == ["the password of another line for the same name"]
        same = only({PEERS: f"{PTY}name alice\n", CHAP: "alice A one *\nalice B one *\n"})
        assert told(same, Verdict.LOST) == []

    def test_without_remotename_the_servers_own_name_decides(self) -> None:
        found = only({PEERS: f"{PTY}name alice\n", CHAP: "alice PPTP pw *\n"})
        assert found.password is not None
        assert CHAP not in found.takeovers
        assert "the line with the password stays" in told(found, Verdict.ADVICE)


class TestHooks:
    """Scripts that know the tunnel."""

    @pytest.mark.parametrize(
        "script",
        [
            '#!/bin/sh\n[ "$LINKNAME" = office ] && ip route replace 192.168.7.0/24 dev "$1"\n',
            (
                '#!/bin/sh\n# x\nif [ "$PPP_IPPARAM" = "office" ]; then\n'
                "  route add -net 192.168.7.0 netmask 255.255.255.0 dev $PPP_IFACE\nfi\nexit 0\n"
            ),
            "#!/bin/sh\n[ $6 = office ] || exit 0\nip route add 192.168.7.0/24 dev ${1}\n",
            '#!/bin/sh\ntest "$6" = office && /sbin/ip route add 192.168.7.0/24 dev "$1" || true\n',
        ],
    )
    def test_scripts_that_only_set_routes_become_routes(self, script: str) -> None:
        found = only(
            {PEERS: f"{PTY}name alice\nlinkname office\nipparam office\n", "/etc/ppp/ip-up.d/x": script}
        )
        assert found.values["routes"] == ["192.168.7.0/24"]
        assert found.takeovers["/etc/ppp/ip-up.d/x"].content is None

    @pytest.mark.parametrize(
        ("script", "network"),
        [
            ('[ "$6" = office ] && ip route add 10.0.0.0/8 via $5 dev $1\n', "10.0.0.0/8"),
            ("[ $PPP_IPPARAM = office ] && ip ro add 10.1.2.3 via $PPP_REMOTE\n", "10.1.2.3/32"),
            ('if [[ "$6" == "office" ]]\nthen\n\troute add -host 10.1.2.3 dev $1\nfi\n', "10.1.2.3/32"),
            ("[ $6 = office ] || exit\nroute add -net 10.0.0.0/8 gw $5;\n", "10.0.0.0/8"),
            ("[ $6 = office ] || exit 0\nroute del -net 10.0.0.0/8 gw $5 $1 2>/dev/null\n", "10.0.0.0/8"),
            ("case $6 in\n  office)\n    ip r add 10.0.0.0/8 dev $1\n    ;;\nesac\n", "10.0.0.0/8"),
            ("case $6 in\noffice) ip r add 10.0.0.0/8 dev $1;;\n*) ;;\nesac\n", "10.0.0.0/8"),
        ],
    )
    def test_other_ways_to_say_the_same(self, script: str, network: str) -> None:
        path = "/etc/ppp/ip-up.d/x"
        found = only({PEERS: f"{PTY}name alice\nipparam office\n", path: f"#!/bin/bash\n{script}"})
        assert found.values["routes"] == [network]
        assert found.takeovers[path].content is None

    @pytest.mark.parametrize(
        "script",
        [
            "ip route add 0.0.0.0/1 dev $1\nip route add 128.0.0.0/1 dev $1\n",
            "ip route replace default dev $1\nip route add 10.0.0.0/8 dev $1\n",
            "route add default gw $5\n",
        ],
    )
    def test_routes_for_everything_become_the_mode(self, script: str) -> None:
        path = "/etc/ppp/ip-up.d/x"
        found = only(
            {PEERS: f"{PTY}name alice\nipparam office\n", path: f"[ $6 = office ] || exit 0\n{script}"}
        )
        assert found.problems == []
        assert (found.values["mode"], "routes" in found.values) == ("all-to-tunnel", False)
        assert found.takeovers[path].content is None

    @pytest.mark.parametrize("path", ["/etc/ppp/ip-up.local", "/etc/ppp/ip-up"])
    def test_where_all_scripts_are_one_file(self, path: str) -> None:
        """As on Red Hat's relatives and NetBSD."""
        found = only(
            {
                PEERS: f"{PTY}name alice\nipparam office\n",
                path: "[ $6 = office ] || exit 0\nroute add 10.0.0.0/8 $1\n",
            }
        )
        assert found.values["routes"] == ["10.0.0.0/8"]
        assert found.takeovers[path].content is None
        other = only({PEERS: f"{PTY}name alice\nipparam office\n", path: "[ $6 = office ] && reboot\n"})
        assert told(other, Verdict.LOST) == ["the script names office"]

    @pytest.mark.parametrize(
        "script",
        [
            '[ "$LINKNAME" = office ] && ip route replace 192.168.7.0/24 dev "$1"; reboot\n',
            '[ "$LINKNAME" = office ] && iptables -A INPUT -i "$1" -j ACCEPT\n',
            '[ "$LINKNAME" = office ] && ip route replace $NET dev "$1"\n',
            '[ "$LINKNAME" = office ] && ip route replace 192.168.7.1/24 dev "$1"\n',
            'if [ "$LINKNAME" = office ]; then\nip route add 192.168.7.0/24 dev "$1"\n',
            "if [ $6 = office ]; then\nroute add 10.0.0.0/8 $1\nelse\nroute add 10.0.0.0/8 $1\nfi\n",
            "case $6 in\noffice|home) ip route add 192.168.7.0/24 dev $1 ;;\nesac\n",
            "case $6 in\noffice) ip route add 192.168.7.0/24 dev $1 ;;\nhome) reboot ;;\nesac\n",
            "case $6 in\noffice) ip route add 192.168.7.0/24 dev $1 ;;\n*) reboot ;;\nesac\n",
            "case $6 in\noffice) ip route add 192.168.7.0/24 dev $1\n",
            "[ $6 = office ] && ip route add 192.168.7.0/24 dev $1 metric 5\n",
            (
                '[ "$6" = other ] && ip route add 10.0.0.0/8 dev "$1"\n'
                '[ "$6" = office ] && ip route add 192.168.7.0/24 dev "$1"\n'
            ),
        ],
    )
    def test_what_others_do_for_the_tunnel_would_be_lost(self, script: str) -> None:
        """They stay, and the tunnel is not called any more what they ask for."""
        path = "/etc/ppp/ip-up.d/x"
        found = only(
            {PEERS: f"{PTY}name alice\nlinkname office\nipparam office\n", path: f"#!/bin/sh\n{script}"}
        )
        assert "routes" not in found.values
        assert path not in found.takeovers
        assert told(found, Verdict.LOST) == ["the script names office"]

    @pytest.mark.parametrize(
        ("script", "told_of"),
        [
            ('ip route replace 192.168.7.0/24 dev "$1" # office\n', ["the script names office"]),
            ("logger office is up\n", ["the script names office"]),
            ("# for office\nlogger up\n", []),
        ],
    )
    def test_scripts_that_do_not_ask_for_the_tunnel_go_on(self, script: str, told_of: list[str]) -> None:
        path = "/etc/ppp/ip-up.d/x"
        found = only({PEERS: f"{PTY}name alice\nlinkname office\n", path: f"#!/bin/sh\n{script}"})
        assert (told(found, Verdict.ADVICE), told(found, Verdict.LOST)) == (told_of, [])
        assert path not in found.takeovers

    def test_a_script_about_something_else_is_not_mentioned(self) -> None:
        found = only(
            {PEERS: f"{PTY}name alice\nlinkname office\n", "/etc/ppp/ip-up.d/x": "#!/bin/sh\noffice-2\n"}
        )
        assert not told(found, Verdict.ADVICE)
