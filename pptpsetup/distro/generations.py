"""The generations of pppd: which options each version has.

For systems that are only looked at (``--root``), and for tables of all releases: there no pppd can be asked.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pptpsetup.distro.profile import numbers

FIRST_IN: Final[Mapping[str, tuple[int, ...]]] = {
    "refuse-mschap-v2": (2, 4, 2),
    "require-mppe-128": (2, 4, 2),
    "child-timeout": (2, 4, 3),
    "noipv6": (2, 4, 6),
    "defaultroute-metric": (2, 4, 8),
    "ifname": (2, 4, 8),
    "up_sdnotify": (2, 4, 8),
    "ip-down-script": (2, 4, 9),
    "ip-up-script": (2, 4, 9),
    "lcp-echo-adaptive": (2, 4, 9),
    "ipv6-down-script": (2, 5, 0),
    "ipv6-up-script": (2, 5, 0),
    "show-options": (2, 5, 0),
    "usepeerwins": (2, 5, 0),
    "chap-secrets": (2, 5, 1),
    "ip-pre-up-script": (2, 5, 1),
    "net-init-script": (2, 5, 1),
    "noresolvconf": (2, 5, 1),
    "pap-secrets": (2, 5, 1),
    "vrf": (2, 5, 3),
}
"""The version that first had each option, from the option tables of ppp's releases 2.4.1 to 2.5.3. Options
that are not here are in all of them. (up_sdnotify is also a matter of how pppd was built; where it was built
without systemd, there is no unit that could ask for it. So is noipv6: IPv6 is built in by default since
2.4.6, and before 2.4.9 it is off unless something asks for it.)
"""


def lacking(ppp: str | None, options: Iterable[str]) -> frozenset[str]:
    """Those of *options* that pppd *ppp*, as ``2.4.9``, does not have yet; none for an unknown version."""
    if ppp is None:
        return frozenset()
    return frozenset(each for each in options if numbers(ppp) < FIRST_IN.get(each, ()))
