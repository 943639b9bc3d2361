"""Gateway and call manager for real: two network namespaces, raw GRE, a pty, and our own server at the
other end.
"""

import json
import os
import random
import signal
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pptpengine.causes import Cause
from pptpengine.net import dialogue
from pptpengine.wire import hdlc
from tests.engine.net.lab import ENGINE, PATIENCE, Lab, alive, assert_nothing_left, ip, parent, wait_for
from tests.support import need

pytestmark = pytest.mark.host


def test_a_call_from_beginning_to_end(lab: Lab) -> None:
    """Frames intact both ways; permissions and route as promised; then all is taken down in order."""
    lab.start_server()
    dialled = lab.dial()
    report = dialled.wait_up()
    dice = random.Random(1)  # noqa: S311 - dice of a test
    frames = [b"\xff\x03\x00\x21" + dice.randbytes(dice.randrange(1, 1400)) for _ in range(300)]
    frames.append(b"\xff\x03\xc0\x21" + bytes(range(256)))
    assert dialled.exchange(frames) == frames
    assert stat.S_IMODE(lab.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(lab.socket.parent.stat().st_mode) == 0o700
    manager = report["pids"]["call_manager"]
    assert report["pids"]["gateway"] == dialled.process.pid
    assert Path(f"/proc/{manager}/comm").read_text() == "pptpcm\n"
    assert Path(f"/proc/{dialled.process.pid}/comm").read_text() == "pptpgw\n"
    assert f"{lab.address} via 192.0.2.2 dev v0 proto 80" in lab.routes()
    assert report["host_route"] == {"gateway": "192.0.2.2", "interface": "v0"}
    assert report["peer"] == {"host_name": "local", "vendor": "pptpengine", "firmware": 1}
    assert dialled.hang_up() == 0
    assert_nothing_left(lab, manager)
    told = ["ready", "control-up", "call-up", "call-down", "control-down"]
    assert [line.split()[0] for line in lab.said()] == told
    assert lab.said()[-2] == "call-down cleared"
    final = dialled.report()
    assert (final["state"], final["cause"]) == ("down", None)
    assert (final["gre"]["sent"], final["gre"]["received"]) == (301, 301)


def test_the_far_end_of_the_pty_is_killed(lab: Lab) -> None:
    """kill -9 of pppd: the gateway reads EIO and hangs up as usual."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    holder = subprocess.Popen(["sleep", "60"], stdin=dialled.slave)
    os.close(dialled.slave)
    holder.kill()
    holder.wait()
    assert dialled.process.wait(PATIENCE) == 0
    assert_nothing_left(lab, manager)
    assert "call-down cleared" in lab.said()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_gateway(lab: Lab, number: signal.Signals) -> None:
    """Frames still pass, for pppd to say goodbye; a second signal ends it at once."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    dialled.process.send_signal(number)
    assert dialled.exchange([b"\xff\x03\xc0\x21bye"]) == [b"\xff\x03\xc0\x21bye"]
    dialled.process.send_signal(number)
    assert dialled.process.wait(PATIENCE) == 0
    assert_nothing_left(lab, manager)


def test_statistics_on_sigusr1_do_not_end_it(lab: Lab) -> None:
    """As with pptp(8); the report is brought up to date, too."""
    lab.start_server()
    dialled = lab.dial()
    dialled.wait_up()
    assert dialled.exchange([b"\xff\x03\x00\x21x"])
    dialled.process.send_signal(signal.SIGUSR1)
    assert wait_for(lambda: dialled.report()["gre"].get("sent")) == 1
    assert dialled.hang_up() == 0


def test_statistics_as_json(lab: Lab) -> None:
    """--json: one object in the log, on SIGUSR1 and in the end."""
    lab.start_server()
    dialled = lab.dial("--json", "--debug")
    dialled.wait_up()
    assert dialled.exchange([b"\xff\x03\x00\x21x"])
    dialled.process.send_signal(signal.SIGUSR1)
    assert wait_for(lambda: dialled.report()["gre"].get("sent")) == 1
    assert dialled.hang_up() == 0
    said = (lab.directory / "stderr").read_text().splitlines()
    found = [json.loads(line.partition(": anon: ")[2]) for line in said if '{"gre"' in line]
    assert [each["gre"]["sent"] for each in found] == [1, 1]
    assert {"received", "lost", "reordered", "duplicate", "errors"} <= found[0]["gre"].keys()


def test_several_addresses_are_tried_in_turn(lab: Lab) -> None:
    """The first refuses, the second answers; the report names the one that was chosen."""
    lab.etc("hosts", f"192.0.2.2 vpn.test\n{lab.address} vpn.test\n")
    lab.start_server()
    dialled = lab.dial("--debug", host="vpn.test")
    report = dialled.wait_up()
    assert report["server"] == {"name": "vpn.test", "address": lab.address, "port": 1723}
    assert dialled.exchange([b"\xff\x03\x00\x21x"]) == [b"\xff\x03\x00\x21x"]
    assert dialled.hang_up() == 0
    assert "192.0.2.2 refuses connections" in (lab.directory / "stderr").read_text()
    assert_nothing_left(lab, report["pids"]["call_manager"])


def test_an_address_without_a_way_is_passed_over(lab: Lab) -> None:
    """Not even the GRE socket can be connected; the resolver, whose packets have no mark, did not know."""
    lab.etc("hosts", f"192.0.2.2 vpn.test\n{lab.address} vpn.test\n")
    ip("-n", lab.client, "rule", "add", "fwmark", "7", "to", "192.0.2.2", "unreachable")
    lab.start_server()
    dialled = lab.dial("--rtmark", "7", host="vpn.test")
    report = dialled.wait_up()
    assert report["server"]["address"] == lab.address
    assert dialled.hang_up() == 0


def test_the_gateway_is_killed(lab: Lab) -> None:
    """The manager sees it and puts everything back."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    dialled.process.kill()
    wait_for(lambda: not alive(manager))
    assert_nothing_left(lab, manager)
    assert "call-down cleared" in lab.said()


def test_the_call_manager_is_killed(lab: Lab) -> None:
    """The gateway releases the route and removes the socket in its place, and says what happened."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    os.kill(manager, signal.SIGKILL)
    assert dialled.process.wait(PATIENCE) == 1
    assert_nothing_left(lab, manager)
    assert dialled.report()["cause"]["message"] == "The call manager died"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_call_manager(lab: Lab, number: signal.Signals) -> None:
    """Every call is cleared and the connection stopped; that was wanted, and so a normal end."""
    lab.start_server()
    first, second = lab.dial(), lab.dial()
    manager = first.wait_up()["pids"]["call_manager"]
    second.wait_up()
    os.kill(manager, number)
    assert [each.process.wait(PATIENCE) for each in (first, second)] == [0, 0]
    assert_nothing_left(lab, manager)
    assert lab.said().count("call-down cleared") == 2
    assert lab.said()[-1].startswith("control-down The client closed the control connection")


def test_signals_that_mean_nothing_to_manager_and_keeper(lab: Lab) -> None:
    """A terminal that goes, a pipe that breaks, statistics of the gateway asked for by name (pkill)."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE):
        os.kill(manager, number)
        os.kill(parent(manager), number)
    os.kill(parent(manager), signal.SIGTERM)
    assert dialled.exchange([b"\xff\x03\x00\x21x"]) == [b"\xff\x03\x00\x21x"]
    assert alive(parent(manager))
    assert dialled.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_the_server_stops(lab: Lab) -> None:
    """Exit status and report name the reason that the server gave."""
    server = lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    server.send_signal(signal.SIGTERM)
    assert dialled.process.wait(PATIENCE) == 14
    assert dialled.report()["cause"]["code"] == "peer-closed"
    assert_nothing_left(lab, manager)


def test_what_the_manager_says_at_the_end_does_not_replace_the_reason(lab: Lab) -> None:
    """pppd leaves after a refused login; the server closes the connection while the gateway hangs up."""
    lab.socket.parent.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(lab.socket))
        listener.listen()
        listener.settimeout(PATIENCE)
        dialled = lab.dial()
        manager, _ = listener.accept()
    with manager:
        manager.settimeout(PATIENCE)
        manager.recv(dialogue.PIDS.size, socket.MSG_WAITALL)
        manager.sendall(dialogue.LINES_FOLLOW + dialogue.encode_line("call", 1, 2))
        dialled.wait_up()
        goodbye = b"Failed to authenticate ourselves to peer"
        head = b"\xff\x03\xc0\x21\x05\x01" + (4 + len(goodbye)).to_bytes(2, "big")
        os.write(dialled.slave, hdlc.encode(head + goodbye))
        assert wait_for(lambda: dialled.report()["cause"])["code"] == "auth-failed"
        os.close(dialled.slave)
        assert manager.recv(1) == b""
        manager.sendall(dialogue.encode_cause(Cause.of("peer-closed", "The server closed the connection")))
    lab.socket.unlink()
    assert dialled.process.wait(PATIENCE) == 12
    assert dialled.report()["cause"]["code"] == "auth-failed"


def test_the_server_refuses_the_call(lab: Lab) -> None:
    """Result code 4 in words."""
    lab.start_server("--call-result", "4")
    dialled = lab.dial()
    assert dialled.process.wait(PATIENCE) == 9
    assert dialled.report()["cause"]["message"] == "The server refused the call: busy"
    assert lab.routes() == lab.routes_before
    assert not lab.socket.exists()


def test_nobody_listens(lab: Lab) -> None:
    """Connection refused."""
    dialled = lab.dial()
    assert dialled.process.wait(PATIENCE) == 5
    assert dialled.report()["cause"]["code"] == "connect-refused"
    assert lab.routes() == lab.routes_before
    assert not lab.socket.exists()


def test_nobody_answers(lab: Lab) -> None:
    """The connect time-out is ours, not the kernel's two minutes."""
    dialled = lab.dial("--connect-timeout", "0.2", host="192.0.2.99")
    assert dialled.process.wait(PATIENCE) == 6
    assert "within 0.2 s" in dialled.report()["cause"]["message"]


def test_no_way_to_the_server(lab: Lab) -> None:
    """Without a default route."""
    ip("-n", lab.client, "route", "delete", "default")
    dialled = lab.dial()
    assert dialled.process.wait(PATIENCE) == 4
    assert dialled.report()["cause"]["code"] == "network-unreachable"


def test_the_name_is_unknown(lab: Lab) -> None:
    """RFC 2606 promises that there is no such name; the resolver on the loopback refuses at once."""
    lab.etc("resolv.conf", "nameserver 127.0.0.1\n")
    dialled = lab.dial(host="no-such-host.invalid")
    assert dialled.process.wait(PATIENCE) == 3
    assert dialled.report()["cause"]["code"] == "host-unknown"


def test_gre_does_not_come_back(lab: Lab) -> None:
    """The report says so while the call is still up, and the exit status in the end."""
    lab.start_server("--mode", "mute")
    dialled = lab.dial()
    dialled.wait_up()
    os.write(dialled.slave, hdlc.encode(b"\xff\x03\xc0\x21configure"))
    cause = wait_for(lambda: dialled.report()["cause"])
    assert (cause["code"], dialled.report()["state"]) == ("no-gre", "negotiating")
    assert dialled.hang_up() == 11


def test_two_gateways_share_one_manager(lab: Lab) -> None:
    """One control connection, two calls; the end of one leaves the other alone."""
    lab.start_server()
    first = lab.dial()
    manager = first.wait_up()["pids"]["call_manager"]
    second = lab.dial()
    assert second.wait_up()["pids"]["call_manager"] == manager
    assert sum(line.startswith("control-up") for line in lab.said()) == 1
    assert first.hang_up() == 0
    assert alive(manager)
    assert second.exchange([b"\xff\x03\x00\x21still"]) == [b"\xff\x03\x00\x21still"]
    assert second.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_a_gateway_that_leaves_before_its_call_is_let_go(lab: Lab) -> None:
    """The manager keeps nothing of it, and it waits for nobody."""
    lab.start_server()
    first = lab.dial()
    manager = first.wait_up()["pids"]["call_manager"]
    descriptors = Path(f"/proc/{manager}/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(3):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gateway:
            gateway.settimeout(PATIENCE)
            gateway.connect(str(lab.socket))
            gateway.sendall(dialogue.PIDS.pack(os.getpid(), dialogue.LINES_WANTED))
            gateway.shutdown(socket.SHUT_WR)
            while gateway.recv(65536):
                pass
    wait_for(lambda: len(list(descriptors.iterdir())) == before)
    assert first.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_an_instance_has_a_control_connection_of_its_own(lab: Lab) -> None:
    """Two tunnels to a server that knows one call per connection (pptpd)."""
    lab.start_server()
    first, second = lab.dial("--instance", "work"), lab.dial("--instance", "home")
    managers = {each.wait_up()["pids"]["call_manager"] for each in (first, second)}
    assert len(managers) == 2
    assert sum(line.startswith("control-up") for line in lab.said()) == 2
    assert first.hang_up() == 0
    assert "proto 80" in lab.routes(), "the other one needs it"
    assert second.exchange([b"\xff\x03\x00\x21x"]) == [b"\xff\x03\x00\x21x"]
    assert second.hang_up() == 0
    assert not lab.client_pids()
    assert lab.routes() == lab.routes_before


def test_two_managers_share_the_host_route(lab: Lab) -> None:
    """One for each local address; the route goes with the last."""
    lab.start_server()
    any_address = lab.dial()
    any_address.wait_up()
    bound = lab.dial("--localbind", "192.0.2.1")
    bound.wait_up()
    assert any_address.hang_up() == 0
    assert "proto 80" in lab.routes()
    assert bound.hang_up() == 0
    assert lab.routes() == lab.routes_before


def test_ignored_children_are_waited_for_all_the_same(lab: Lab) -> None:
    """SIG_IGN of SIGCHLD is inherited over exec."""
    lab.start_server()
    engine = f"{sys.executable} -I -S {ENGINE / 'pptpengine' / '__main__.py'} {lab.address} --nolaunchpppd"
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
    ignoring += "os.execvp(sys.argv[1], sys.argv[1:])"
    dialled = lab.dial(command=[sys.executable, "-c", ignoring, *engine.split()])
    wait_for(lambda: any(line.startswith("call-up") for line in lab.said()))
    assert dialled.exchange([b"\xff\x03\x00\x21x"]) == [b"\xff\x03\x00\x21x"]
    assert dialled.hang_up() == 0


def test_many_gateways_at_once_agree_on_one_manager(lab: Lab) -> None:
    """The start is a race; the lock decides it."""
    lab.start_server()
    dialled = [lab.dial() for _ in range(4)]
    managers = {each.wait_up()["pids"]["call_manager"] for each in dialled}
    assert len(managers) == 1
    assert [each.hang_up() for each in dialled] == [0, 0, 0, 0]
    assert_nothing_left(lab, managers.pop())


def test_the_dialogue_of_pptp_is_understood(lab: Lab) -> None:
    """Two pids in, two call IDs out, and closing hangs up."""
    lab.start_server()
    dialled = lab.dial()
    dialled.wait_up()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gateway:
        gateway.settimeout(PATIENCE)
        gateway.connect(str(lab.socket))
        gateway.sendall(struct.pack("=ii", os.getpid(), 0))
        own, peer = struct.unpack("=HH", gateway.recv(4, socket.MSG_WAITALL))
    assert f"call-up {peer} {own}" in lab.said()
    wait_for(lambda: "call-down cleared" in lab.said())
    assert dialled.exchange([b"\xff\x03\x00\x21on"]) == [b"\xff\x03\x00\x21on"]
    assert dialled.hang_up() == 0


def test_one_that_asks_while_the_connection_comes_up_gets_one_call(lab: Lab) -> None:
    """The server's answer and the second gateway's question reach the manager in the same moment."""
    server = lab.start_server()
    server.send_signal(signal.SIGSTOP)
    dialled = lab.dial()
    wait_for(lambda: dialled.report()["state"] == "control")
    manager = dialled.report()["pids"]["call_manager"]
    descriptors = Path(f"/proc/{manager}/fd")
    before = len(list(descriptors.iterdir()))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gateway:
        gateway.settimeout(PATIENCE)
        gateway.connect(str(lab.socket))
        wait_for(lambda: len(list(descriptors.iterdir())) > before)
        os.kill(manager, signal.SIGSTOP)
        gateway.sendall(struct.pack("=ii", os.getpid(), 0))
        server.send_signal(signal.SIGCONT)
        wait_for(lambda: any(line.startswith("control-up") for line in lab.said()))
        os.kill(manager, signal.SIGCONT)
        gateway.recv(4, socket.MSG_WAITALL)
        dialled.wait_up()
    assert dialled.hang_up() == 0
    assert_nothing_left(lab, manager)
    assert sum(line.startswith("call-up") for line in lab.said()) == 2


def test_redial_at_once(lab: Lab) -> None:
    """No minute to wait, no stale socket in the way."""
    lab.start_server()
    for _ in range(3):
        dialled = lab.dial()
        dialled.wait_up()
        assert dialled.hang_up() == 0


def test_gateway_and_manager_are_killed(lab: Lab) -> None:
    """The keeper takes back the route and the socket."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    os.kill(manager, signal.SIGKILL)
    dialled.process.kill()
    dialled.process.wait()
    assert_nothing_left(lab, manager)


def test_the_keeper_is_killed(lab: Lab) -> None:
    """The call goes on; what the keeper would have taken back, the next run does."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    os.kill(parent(manager), signal.SIGKILL)
    assert dialled.exchange([b"\xff\x03\x00\x21on"]) == [b"\xff\x03\x00\x21on"]
    assert dialled.hang_up() == 0
    again = lab.dial()
    manager = again.wait_up()["pids"]["call_manager"]
    assert again.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_a_stale_socket_and_a_route_left_behind(lab: Lab) -> None:
    """All three processes killed: the next run takes over what they left."""
    lab.start_server()
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    keeper = parent(manager)
    for pid in (keeper, manager):
        os.kill(pid, signal.SIGSTOP)
    dialled.process.kill()
    dialled.process.wait()
    for pid in (keeper, manager):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not alive(keeper) and not alive(manager))
    assert lab.socket.exists()
    assert "proto 80" in lab.routes()
    again = lab.dial()
    manager = again.wait_up()["pids"]["call_manager"]
    assert again.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_release_routes_spares_the_living(lab: Lab) -> None:
    """Routes of a living manager stay; one that was left behind goes."""
    lab.start_server()
    dialled = lab.dial()
    dialled.wait_up()
    ip("-n", lab.client, "route", "add", "198.51.100.77/32", "via", "192.0.2.2", "proto", "80")
    engine = [sys.executable, "-I", "-S", str(ENGINE / "pptpengine" / "__main__.py"), "--release-routes"]
    done = subprocess.run(
        ["ip", "netns", "exec", lab.client, *engine], capture_output=True, text=True, check=True
    )
    assert done.stdout == "removed the host route to 198.51.100.77\n"
    assert "198.51.100.77" not in lab.routes()
    assert lab.address in lab.routes()
    assert dialled.hang_up() == 0


def test_no_host_route_when_told_so(lab: Lab) -> None:
    """--nohostroute."""
    lab.start_server()
    dialled = lab.dial("--nohostroute")
    dialled.wait_up()
    assert lab.routes() == lab.routes_before
    assert dialled.hang_up() == 0


def test_pptp_itself_accepts_our_server(lab: Lab) -> None:
    """C pptp as a second opinion on our control messages, GRE and HDLC."""
    program = need("pptp", package="pptp-linux")
    lab.start_server()
    dialled = lab.dial(command=[program, lab.address, "--nolaunchpppd", "--nohostroute"])
    wait_for(lambda: any(line.startswith("call-up") for line in lab.said()))
    frames = [b"\xff\x03\x00\x21" + bytes(range(256)) * 4 for _ in range(20)]
    assert dialled.exchange(frames) == frames
    os.close(dialled.slave)
    wait_for(lambda: "call-down cleared" in lab.said())
