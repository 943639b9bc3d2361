"""The PPTP server: Debian's pptpd with its own pppd, kept apart from the client's files."""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.vm.shell import say, wait_for

HOME = Path("/var/tmp/pptp-server")
"The server's /etc/ppp and logs, on the client's disk but unknown to it."

OPTIONS = """\
name pptpd
refuse-pap
refuse-chap
refuse-mschap
require-mschap-v2
nodefaultroute
lock
nobsdcomp
novj
novjccomp
nologfd
proxyarp
debug
logfile /etc/ppp/log
ms-dns 192.168.7.1
"""


def secret_word(text: bytes) -> bytes:
    """A double-quoted word of pppd's secrets files (pppd(8)): backslash quotes the next octet."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


class Server:
    """pptpd in the network namespace *host*.

    Its mount namespace has an /etc/ppp and a /run of its own: pppd's hooks, secrets, lock and pid files
    of the two ends would otherwise be the same files.
    """

    def __init__(self, host: str, address: str) -> None:
        self.host, self.address = host, address
        self._process: subprocess.Popen[bytes] | None = None
        self._users: dict[str, bytes] = {}

    @property
    def log(self) -> str:
        path = HOME / "ppp/log"
        return path.read_text(errors="replace") if path.exists() else ""

    def set_users(self, users: Mapping[str, str]) -> None:
        """Login name -> password, read by pppd at each call; Latin-1, as pppd hashes for MS-CHAP."""
        folder = HOME / "ppp"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [b"# client server secret addresses\n"]
        for number, (login, password) in enumerate(users.items()):
            secret = password.encode("latin-1")
            if secret.startswith(b"@/"):
                # pppd takes such a word for the name of a file that holds the secret.
                indirect = folder / f"secret{number}"
                indirect.write_bytes(secret_word(secret) + b"\n")
                secret = b"@/etc/ppp/" + indirect.name.encode()
            lines.append(
                b" ".join((secret_word(login.encode()), b"pptpd", secret_word(secret), b"*")) + b"\n"
            )
        path = folder / "chap-secrets"
        path.write_bytes(b"".join(lines))
        path.chmod(0o600)

    def start(self, *, mppe: bool = True, local: str = "192.168.7.1", options: str = "") -> None:
        """Start listening; *mppe* requires 128 bits, *local* is the server's address inside the tunnel."""
        assert self._process is None, "it listens already"
        folder = HOME / "ppp"
        folder.mkdir(parents=True, exist_ok=True)
        encryption = "require-mppe-128\n" if mppe else ""
        (folder / "options").write_text("")
        (folder / "pptpd-options").write_text(OPTIONS + encryption + options)
        (folder / "pptpd.conf").write_text(
            f"option /etc/ppp/pptpd-options\nlisten {self.address}\n"
            f"localip {local}\nremoteip 192.168.7.200-220\n"
        )
        script = (
            f"mount --bind {shlex.quote(str(folder))} /etc/ppp && mount -t tmpfs run /run && "
            "exec pptpd -f -c /etc/ppp/pptpd.conf"
        )
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", self.host, "unshare", "-m", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for("the server listens", self._listening, 20, 0.1)

    def _listening(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "pptpd ended at once"
        # Column 2 is the local port in hexadecimal (1723), column 4 the state (0A is LISTEN).
        return ":06BB 00000000:0000 0A" in Path(f"/proc/{self._process.pid}/net/tcp").read_text()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End pptpd, its control processes and their pppd without a word to the client."""
        from tests.vm.topology import pids_inside

        for pid in pids_inside(self.host):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        self._reap()
        say("the server is dead")

    def stop(self) -> None:
        """Stop pptpd; running calls go on, as with its init script."""
        if self._process is not None:
            self._process.terminate()
        self._reap()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(20)
            self._process = None
