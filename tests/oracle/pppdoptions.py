"""Options of pppd, with arguments that it takes."""

_NEWER = """
    noresolvconf usepeerwins pap-secrets chap-secrets ip-pre-up-script net-init-script net-pre-up-script
    net-down-script ipv6-up-script ipv6-down-script lcp-rtt-file vrf ipv6cp-use-remotenumber ipv6cp-noremote
    ipv6cp-nosend pkcs12 tls-verify-key-usage tls-verify-method
"""
NEWER = frozenset(_NEWER.split())
"What pppd 2.4.9 does not have yet."
EXAMPLES = {
    "call": "given",
    "file": "/etc/ppp/given",
    "logfile": "/dev/null",
    "set": "A=b",
    "allow-ip": "10.0.0.1",
    "netmask": "255.255.255.0",
    "ipv6": "::1,::2",
    "ms-dns": "10.0.0.1",
    "ms-wins": "10.0.0.1",
    "pass-filter": "ip",
    "active-filter": "ip",
    "mo-direction": "sum",
    "endpoint": "null",
    "max-tls-version": "1.2",
    "bsdcomp": "12,12",
    "deflate": "12,12",
    "mru": "1400",
    "mtu": "1400",
    "mrru": "1500",
    "vj-max-slots": "8",
    "ifname": "ppp-x",
    "privgroup": "root",
    "+ua": "/etc/ppp/given",
    "unset": "A",
    "logfd": "2",
    "stop-bits": "1",
    "escape": "11",
    "lcp-echo-failure": "3",
}
"Where a number will not do."
