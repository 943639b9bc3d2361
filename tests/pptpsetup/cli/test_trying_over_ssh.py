"""A trial over real SSH connections: sshd itself, its processes and what it leaves in the environment."""

import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli
from tests.pptpsetup.cli.test_trying import PEERS, PROGRAM, TRIAL, edit
from tests.support import need, need_root, unpacked

pytestmark = pytest.mark.host

_CONFIGURATION = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/key
PidFile {folder}/pid
AuthorizedKeysFile {folder}/key.pub
PermitRootLogin yes
StrictModes no
UsePAM no
"""


class Ssh:
    """A server of our own, and its clients."""

    def __init__(self, folder: Path, port: int) -> None:
        self.client = need("ssh", package="openssh-client")
        self._folder, self._port = folder, port

    def __call__(
        self, *words: str, options: tuple[str, ...] = (), prefix: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run *words* of the program in a new connection, or as *options* say."""
        folder = self._folder
        fixed = ("-F", "none", "-i", f"{folder}/key", "-o", f"UserKnownHostsFile={folder}/known")
        strict = ("-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes", "-p", str(self._port))
        remote = f"{prefix}{shlex.join([*PROGRAM, *words])}"
        environment = f"env PYTHONPATH={shlex.quote(os.pathsep.join(map(os.path.abspath, ('.', 'engine'))))}"
        return subprocess.run(
            [self.client, *fixed, *strict, *options, "root@127.0.0.1", f"{environment} {remote}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Ssh]:
    need_root("sshd lets root in")
    unshare = need("unshare", package="util-linux")
    keygen = need("ssh-keygen", package="openssh-client")
    server = unpacked("openssh-server") / "usr/sbin/sshd"
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    folder = tmp_path / "ssh"
    folder.mkdir()
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    (folder / "config").write_text(_CONFIGURATION.format(port=port, folder=folder))
    # sshd drops its rights to this user, which only the installed package makes.
    passwd = Path("/etc/passwd").read_text()
    (folder / "passwd").write_text(passwd + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
    script = f"mount --bind {folder}/passwd /etc/passwd && mkdir -p /run/sshd && exec "
    script += f"{server} -D -e -f {folder}/config"
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen(
            [unshare, "--mount", "sh", "-c", script], stderr=log, start_new_session=True
        )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail(f"sshd does not listen: {(folder / 'log').read_text()}")
        yield Ssh(folder, port)
    finally:
        daemon.terminate()
        daemon.wait()


def test_only_another_connection_confirms(cli: Cli, ssh: Ssh, tmp_path: Path) -> None:
    root = ("--root", str(cli.root))
    cli.create()
    edit(cli)
    control = ("-o", f"ControlPath={tmp_path}/control", "-o", "ControlMaster=auto")
    shared = (*control, "-o", "ControlPersist=60")
    done = ssh(*root, "apply", "--try", "1h", options=shared)
    assert done.returncode == 0, done.stderr
    assert "on trial for" in done.stderr
    # Another session in the same connection, and without what sudo(8) takes away.
    for prefix in ("", "env -u SSH_CONNECTION -u SSH_CLIENT "):
        same = ssh(*root, "confirm", options=shared, prefix=prefix)
        assert same.returncode == 1, same.stderr
        assert "error[same-login]" in same.stderr
        assert "this is the SSH connection that the trial was begun in" in same.stderr
    subprocess.run(
        [ssh.client, *control, "-O", "exit", "root@127.0.0.1"],
        check=False,
        capture_output=True,
    )
    # That connection has ended; the trial goes on, and one from elsewhere counts.
    assert cli.exists(TRIAL)
    other = ssh(*root, "confirm", prefix="env -u SSH_CONNECTION -u SSH_CLIENT ")
    assert other.returncode == 0, other.stderr
    assert "confirmed: `apply --try 1h` stays" in other.stderr
    assert "tim" in cli.text_of(PEERS)
