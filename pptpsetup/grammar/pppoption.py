"""The options of pppd: how many words each takes, and how a file of words falls into options.

A peers file has no line structure: an option takes the words that follow it, wherever they stand. So whoever
reads one must know every option. The table is that of pppd 2.4.9 to 2.5.4 (``pppd show-options`` and the
option tables of its sources); a test holds it against the installed pppd.
"""

import re
from collections.abc import Iterator
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.grammar.pppword import Word, words

_WITHOUT_ARGUMENT = """
debug -d nodetach -detach up_sdnotify updetach master_detach persist nopersist demand --version -v
show-options --help -h nolog nologfd ktune noktune dump dryrun multilink mp nomultilink nomp auth noauth
require-pap +pap require-chap +chap require-mschap +mschap require-mschap-v2 +mschap-v2 refuse-pap -pap
refuse-chap -chap refuse-mschap -mschap refuse-mschap-v2 -mschap-v2 require-eap refuse-eap usehostname
login enable-session papcrypt lock nolock notty crtscts cdtrcts nocrtscts -crtscts nocdtrcts xonxoff
modem local sync -all noaccomp -ac default-asyncmap -am nomagic -mn default-mru -mru nopcomp -pc passive
-p silent lcp-echo-adaptive receive-all mpshortseq nompshortseq noendpoint hide-password show-password
chapms-strip-domain noip -ip novj -vj novjccomp -vjccomp ipcp-accept-local ipcp-accept-remote noipdefault
defaultroute nodefaultroute -defaultroute replacedefaultroute noreplacedefaultroute proxyarp noproxyarp
-proxyarp usepeerdns usepeerwins noresolvconf ipcp-no-addresses ipcp-no-address noremoteip nosendip +ipv6
noipv6 -ipv6 ipv6cp-accept-local ipv6cp-accept-remote defaultroute6 nodefaultroute6 -defaultroute6
ipv6cp-use-ipaddr ipv6cp-use-persistent ipv6cp-use-remotenumber ipv6cp-noremote ipv6cp-nosend noccp -ccp
nobsdcomp -bsdcomp nodeflate -deflate nodeflatedraft predictor1 nopredictor1 -predictor1 require-mppe
+mppe nomppe -mppe require-mppe-40 +mppe-40 nomppe-40 -mppe-40 require-mppe-128 +mppe-128 nomppe-128
-mppe-128 mppe-stateful nomppe-stateful noecp -ecp ipx +ipx noipx -ipx ipxcp-accept-network
ipxcp-accept-local ipxcp-accept-remote need-peer-eap tls-verify-key-usage
"""
_WITH_ARGUMENT = """
kdebug holdoff idle maxconnect domain file call logfile logfd linkname maxfail connect-delay unit ifname
child-timeout set unset defaultroute-metric net-init-script net-pre-up-script net-down-script
ip-up-script ip-down-script ip-pre-up-script ipv6-up-script ipv6-down-script bundle plugin pass-filter
active-filter maxoctets mo mo-direction mo-timeout name +ua user password remotename pap-secrets
chap-secrets privgroup allow-ip remotenumber allow-number ca capath crl-dir crl max-tls-version
tls-verify-method cert key pkcs12 init connect disconnect welcome pty socket record stop-bits datarate
escape asyncmap -as mru mtu lcp-echo-failure lcp-echo-interval lcp-rtt-file lcp-restart lcp-max-terminate
lcp-max-configure lcp-max-failure mrru endpoint pap-restart pap-max-authreq pap-timeout chap-restart
chap-max-challenge chap-interval chap-timeout callback vj-max-slots ipparam ms-dns ms-wins ipcp-restart
ipcp-max-terminate ipcp-max-configure ipcp-max-failure netmask ipv6 ipv6cp-restart ipv6cp-max-terminate
ipv6cp-max-configure ipv6cp-max-failure bsdcomp deflate eap-restart eap-max-sreq eap-timeout eap-max-rreq
eap-interval vrf ipx-network ipx-node ipx-router-name ipx-routing ipxcp-restart ipxcp-max-terminate
ipxcp-max-configure ipxcp-max-failure
"""
ARGUMENTS: Final[dict[str, int]] = {
    **dict.fromkeys(_WITHOUT_ARGUMENT.split(), 0),
    **dict.fromkeys(_WITH_ARGUMENT.split(), 1),
}
"How many words follow each option."

_SYNONYMS: Final = {
    **{f"-{each}": f"refuse-{each}" for each in ("pap", "chap", "mschap", "mschap-v2")},
    **{f"+{each}": f"require-{each}" for each in ("pap", "chap", "mschap", "mschap-v2")},
    **{f"+{each}": f"require-{each}" for each in ("mppe", "mppe-40", "mppe-128")},
    **{f"-{each}": f"no{each}" for each in ("mppe", "mppe-40", "mppe-128", "ccp", "ecp", "bsdcomp")},
    **{f"-{each}": f"no{each}" for each in ("deflate", "predictor1", "crtscts", "defaultroute", "proxyarp")},
    **{
        f"-{each}": f"no{each}" for each in ("vj", "vjccomp", "ip", "ipv6", "defaultroute6", "ipx", "detach")
    },
    "-d": "debug",
    "-ac": "noaccomp",
    "-pc": "nopcomp",
    "-as": "asyncmap",
    "-am": "default-asyncmap",
    "-mn": "nomagic",
    "-mru": "default-mru",
    "-p": "passive",
    "-v": "--version",
    "-h": "--help",
    "+ipx": "ipx",
    "mp": "multilink",
    "nomp": "nomultilink",
    "mo": "maxoctets",
}
ADDRESSES: Final = "LOCAL:REMOTE"
"What an address pair is called here; pppd knows it by its form."
DEVICE: Final = "DEVICE"
SPEED: Final = "SPEED"
_ADDRESS = r"[A-Za-z0-9.-]*"
_ADDRESSES = rf"{_ADDRESS}:{_ADDRESS}"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a file, with the words it takes."""

    name: str
    "One name for all spellings; as it stands when pppd does not know it."
    argument: bytes | None
    word: Word
    "The option itself."
    argument_word: Word | None = None
    known: bool = True

    @property
    def complete(self) -> bool:
        """Its argument, if it needs one, is there."""
        return self.argument is not None or ARGUMENTS.get(self.name, 0) == 0


def options(data: bytes) -> Iterator[Option]:
    """The options of *data* in their order, as pppd goes through them; it would stop at an unknown one."""
    following = words(data)
    for word in following:
        spelled = word.value.decode("utf-8", "backslashreplace")
        name = _SYNONYMS.get(spelled, spelled)
        if spelled not in ARGUMENTS:
            yield _by_form(spelled, word)
        elif ARGUMENTS[spelled] == 0:
            yield Option(name, None, word)
        else:
            argument = next(following, None)
            yield Option(name, None if argument is None else argument.value, word, argument)


def _by_form(spelled: str, word: Word) -> Option:
    """What pppd makes of a word that is no option's name (setipaddr, setspeed, setdevname there)."""
    if re.fullmatch(_ADDRESSES, spelled) and spelled != ":":
        return Option(ADDRESSES, word.value, word, word)
    if spelled.isascii() and spelled.isdigit():
        return Option(SPEED, word.value, word, word)
    if spelled.startswith("/dev/"):
        return Option(DEVICE, word.value, word, word)
    return Option(spelled, None, word, known=False)
