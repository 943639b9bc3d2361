"""``render``: a tree that is the same whoever makes it, and that a system can be given."""

import hashlib
import io
import json
import locale
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pptpsetup.cli.main import main
from pptpsetup.distro.catalogue import load_profile
from tests.golden.cases import PROFILES
from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, Result
from tests.support import need

PASSWORD = "Sesame 7 'x'"
SPEC = """\
version: 1
tunnels:
  work:
    server: vpn.example.com
    domain: CORP
    username: alice
    password: {env: VPN_PASSWORD}
    encryption: ENCRYPTION
    routes: [192.168.7.0/24]
    engine: ENGINE
"""


def spec_for(profile: str) -> str:
    """What *profile* can carry."""
    found = load_profile(profile)
    encryption = "required-128" if found.modules.mppe else "none"
    engine = "bundled" if found.uci is None else "system"
    return SPEC.replace("ENCRYPTION", encryption).replace("ENGINE", engine)


class Run:
    """``pptpsetup render -f SPEC …`` in this process."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def __call__(self, *arguments: str, profile: str = "debian") -> Result:
        spec = self.folder / "spec.yaml"
        spec.write_text(spec_for(profile))
        self._capture.readouterr()
        status = main(["render", "-f", str(spec), "--profile", profile, *arguments])
        out, err = self._capture.readouterr()
        return Result(status, out, err)

    def tar(self, *arguments: str, profile: str = "debian") -> tarfile.TarFile:
        """The tar file, opened."""
        file = self.folder / "tree.tar"
        result = self("--tar", str(file), *arguments, profile=profile)
        assert result.status == 0, result.err
        return _opened(file)

    def left_out(self, *arguments: str, profile: str = "debian") -> list[str]:
        """What the list says is left out."""
        found: list[str] = json.loads(self(*arguments, "--json", profile=profile).out)["left_out"]
        return found


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("VPN_PASSWORD", PASSWORD)
    return Run(tmp_path, capfd)


def _opened(file: Path) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(file.read_bytes()))


def _content(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    assert file is not None
    return file.read()


@pytest.mark.parametrize("profile", PROFILES)
def test_folder_and_tar_file_hold_the_same(run: Run, profile: str) -> None:
    archive = run.tar("--with-secrets", profile=profile)
    assert run("--with-secrets", "--output", str(run.folder / "tree"), profile=profile).status == 0
    for each in archive:
        place = run.folder / "tree" / each.name
        status = place.lstat()
        assert each.mtime == 0 == status.st_mtime
        if each.issym():
            assert os.readlink(place) == each.linkname
            continue
        assert stat.S_IMODE(status.st_mode) == each.mode, each.name
        assert each.isdir() == place.is_dir()
        if each.isfile():
            assert place.read_bytes() == _content(archive, each.name)
    files = {str(each.relative_to(run.folder / "tree")) for each in (run.folder / "tree").rglob("*")}
    assert {each.name for each in archive} <= files
    assert archive.getnames() == sorted(archive.getnames())


@pytest.mark.parametrize("profile", PROFILES)
def test_without_secrets_no_byte_depends_on_the_password(
    run: Run, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no password is needed."""
    content = {name: _content(run.tar(profile=profile), name) for name in _files(run.tar(profile=profile))}
    assert not any(b"Sesame" in each for each in content.values())
    with_secrets = run.tar("--with-secrets", profile=profile)
    secret = {f"/{name}" for name in _files(with_secrets) if name not in content}
    assert secret == set(run.left_out(profile=profile))
    monkeypatch.delenv("VPN_PASSWORD")
    assert {name: _content(run.tar(profile=profile), name) for name in content} == content


def _files(archive: tarfile.TarFile) -> list[str]:
    return [each.name for each in archive if each.isfile()]


def test_the_bytes_of_a_tree(run: Run) -> None:
    """As written down: with every Python, everywhere, until what is rendered changes on purpose.

    The content of the files is left aside, which golden trees have.
    """
    run("--tar", str(run.folder / "tree.tar"))
    blocks = []
    with tarfile.open(run.folder / "tree.tar") as archive:
        data = (run.folder / "tree.tar").read_bytes()
        blocks = [data[each.offset : each.offset_data] for each in archive]
    # Name, mode and owner; then what follows the checksum: type, link, magic, names of the owner, prefix.
    heads = [block[:124] + block[156:] for block in blocks]
    assert all(block[136:148] == b"00000000000\0" for block in blocks)
    digest = hashlib.sha256(b"".join(heads)).hexdigest()
    assert digest == "fff916ac177af98accabb633f80f5ca6f71742067dec45ce17c63ed66cbb2679", digest


@pytest.mark.host
def test_whoever_makes_it_wherever_the_bytes_are_the_same(run: Run) -> None:
    """Another umask, locale, time zone, directory, hash seed and user."""
    run("--tar", str(run.folder / "tree.tar"), "--with-engine")
    here = (run.folder / "tree.tar").read_bytes()
    program = 'umask 077 && exec "$0" -m pptpsetup render -f "$1" --profile debian --tar - --with-engine'
    names = [each for each in ("tr_TR.UTF-8", "C.UTF-8") if _is_locale(each)]
    run.folder.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": names[0],
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7",
        "HOME": "/nonexistent",
    }
    done = subprocess.run(
        ["sh", "-c", program, sys.executable, str(run.folder / "spec.yaml")],
        env=environment,
        cwd="/",
        capture_output=True,
        check=True,
    )
    assert done.stdout == here


def _is_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return True


def test_times_are_the_source_date(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert {each.mtime for each in run.tar()} == {1700000000}
    run("--output", str(run.folder / "tree"))
    found = {each.lstat().st_mtime for each in (run.folder / "tree").rglob("*")}
    assert found == {1700000000}


@pytest.mark.parametrize(
    "text", ["yesterday", "-1", "1e9", "8589934592", "99999999999999999999999", "\u0663"]
)
def test_a_source_date_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    result = run("--output", str(run.folder / "tree"))
    assert (result.status, "SOURCE_DATE_EPOCH" in result.err) == (1, True)
    assert not (run.folder / "tree").exists()


@pytest.mark.host
def test_gnu_tar_unpacks_it(run: Run) -> None:
    """With links, modes and, by their names, owners."""
    run("--tar", str(run.folder / "tree.tar"), "--with-secrets")
    target = run.folder / "system"
    target.mkdir()
    command = [need("tar", package="tar"), "-xpf", str(run.folder / "tree.tar"), "-C", str(target)]
    subprocess.run(command, check=True)
    assert stat.S_IMODE((target / "etc/ppp/peers").stat().st_mode) == 0o2750
    assert stat.S_IMODE((target / "etc/ppp/chap-secrets").stat().st_mode) == 0o600


def test_a_tar_file_with_passwords_is_for_its_owner(run: Run) -> None:
    run.tar()
    assert stat.S_IMODE((run.folder / "tree.tar").stat().st_mode) & 0o044
    run.tar("--with-secrets")
    assert stat.S_IMODE((run.folder / "tree.tar").stat().st_mode) == 0o600
    assert list(run.folder.glob(".tree*")) == []


def test_a_tar_file_is_not_put_in_the_place_of_anything_else(run: Run) -> None:
    """A pipe, as a device would be, or a link: it stays what it is."""
    pipe, link = run.folder / "pipe", run.folder / "link"
    os.mkfifo(pipe)
    link.symlink_to("spec.yaml")
    for path in (pipe, link, run.folder):
        result = run("--tar", str(path))
        assert (result.status, "error[tar-not-a-file]" in result.err) == (1, True)
        assert "--tar -" in result.err
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert link.is_symlink()
    assert sorted(each.name for each in run.folder.iterdir()) == ["link", "pipe", "spec.yaml"]


def test_a_folder_is_replaced_only_if_it_is_ours(run: Run) -> None:
    folder = run.folder / "tree"
    assert run("--output", str(folder)).status == 0
    before = sorted(folder.rglob("*"))
    result = run("--output", str(folder))
    assert (result.status, "--replace" in result.err) == (2, True)
    assert run("--output", str(folder), "--replace").status == 0
    assert sorted(folder.rglob("*")) == before
    (folder / "etc/passwd").touch()
    result = run("--output", str(folder), "--replace")
    assert (result.status, "/etc/passwd" in result.err) == (2, True)
    (folder / "etc/passwd").unlink()
    (folder / "var/lib/pptpsetup/manifest.json").unlink()
    assert run("--output", str(folder), "--replace").status == 2
    assert (folder / "etc/ppp/peers/work").exists()


def test_an_empty_folder_will_do_and_a_failure_leaves_it_empty(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run.folder / "tree"
    folder.mkdir()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "work")

    monkeypatch.setattr("os.fchmod", full)
    result = run("--output", str(folder))
    assert (result.status, list(folder.iterdir())) == (1, [])
    monkeypatch.undo()
    assert run("--output", str(folder)).status == 0


def test_without_a_place_to_go_it_is_only_listed(run: Run) -> None:
    result = run()
    assert result.out.splitlines()[0].split() == ["KIND", "MODE", "OWNER", "PATH"]
    assert "own        0640  root:dip   /etc/ppp/peers/work" in result.out
    assert "nothing was written" in result.err
    assert "left out, for the passwords in them: /etc/ppp/chap-secrets" in result.err
    assert sorted(each.name for each in run.folder.iterdir()) == ["spec.yaml"]


def test_the_list_as_json_has_no_fingerprint_of_a_password(run: Run) -> None:
    document = json.loads(run("--json", "--with-secrets").out)
    members = {each["path"]: each for each in document["members"]}
    assert document["version"] == 1
    assert (document["profile"], document["release"]) == ("debian", "14")
    assert members["/etc/ppp/chap-secrets"] == {
        "path": "/etc/ppp/chap-secrets",
        "kind": "shared",
        "mode": "0600",
        "owner": "root",
        "group": "root",
        "uid": 0,
        "gid": 0,
        "secret": True,
        "sha256": None,
    }
    assert len(members["/etc/ppp/peers/work"]["sha256"]) == 64
    assert document["left_out"] == []


def test_a_release_has_its_own_pppd_and_python(run: Run) -> None:
    unit = "etc/systemd/system/pptp@.service"
    assert b"up_sdnotify" in _content(run.tar(profile="rhel"), unit)
    assert b"up_sdnotify" not in _content(run.tar("--release", "8", profile="rhel"), unit)
    result = run("--release", "4711", profile="rhel")
    assert (result.status, "known are" in result.err) == (1, True)


def test_what_a_profile_cannot_carry_fails_with_the_reason(run: Run) -> None:
    (run.folder / "spec.yaml").write_text(spec_for("debian"))
    status = main(["render", "-f", str(run.folder / "spec.yaml"), "--profile", "netbsd"])
    assert status == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replace",), "--output"),
        (("--tar", "-", "--json"), "standard output"),
        (("--tar", "tree.tar.gz"), "gzip -n"),
        (("--tar", "tree.txz"), "compress"),
    ],
)
def test_what_cannot_be_meant(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert (result.status, said in result.err) == (1, True), result.err


def test_shared_files_alone_are_named(run: Run) -> None:
    result = run(profile="fedora")
    assert "only our lines here: /etc/ppp/ip-down.local, /etc/ppp/ip-up.local" in result.err


@pytest.mark.host
def test_the_engine_runs_where_the_tree_has_it(run: Run) -> None:
    """Isolated, by the interpreter alone: as pppd will."""
    result = run("--with-engine", "--output", str(run.folder / "tree"))
    assert "engine-needed" not in result.err
    peers = (run.folder / "tree/etc/ppp/peers/work").read_text()
    assert "/usr/bin/python3 -I -S /usr/lib/pptpsetup/pptpengine/__main__.py" in peers
    main_file = run.folder / "tree/usr/lib/pptpsetup/pptpengine/__main__.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(main_file), "--version"], capture_output=True, check=False
    )
    assert (done.returncode, b"pptpengine" in done.stdout) == (0, True), done.stderr


# Below --root.

NUMBERS = "root:x:0:\ndip:x:4711:\n"


def test_below_a_root_owners_have_its_numbers_and_shared_files_its_lines(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "etc/group").write_text(NUMBERS)
    cli.create("work", "--route", "192.168.7.0/24")
    for path in (cli.root / "etc/ppp/peers/work", cli.root / "var/lib/pptpsetup/manifest.json"):
        path.unlink()
    (cli.root / "etc/ppp/chap-secrets").write_bytes(CHAP_SECRETS)
    result = cli("render", "--with-secrets", "--tar", str(tmp_path / "tree.tar"))
    assert result.status == 0, result.err
    with tarfile.open(tmp_path / "tree.tar") as archive:
        peers = archive.getmember("etc/ppp/peers/work")
        assert (peers.uid, peers.gid, peers.gname) == (0, 4711, "dip")
        lines = _content(archive, "etc/ppp/chap-secrets").splitlines(keepends=True)
        assert b"".join(each for each in lines if b"managed by pptpsetup" not in each) == CHAP_SECRETS
        assert len(lines) == len(CHAP_SECRETS.splitlines()) + 1
    assert "shared-alone" not in result.err


@pytest.mark.host
def test_a_system_that_it_was_laid_over_is_as_the_spec_says(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what is ours is in the tree, so nothing is left to do, and delete takes all of it."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("ENCRYPTION", "required-128").replace("ENGINE", "bundled"))
    monkeypatch.setenv("VPN_PASSWORD", PASSWORD)
    result = cli("render", "-f", str(spec), "--with-secrets", "--tar", str(tmp_path / "tree.tar"))
    assert result.status == 0, result.err
    subprocess.run(["tar", "-xpf", str(tmp_path / "tree.tar"), "-C", str(cli.root)], check=True)
    checked = cli("check")
    assert checked.status == 0, checked.out + checked.err
    assert cli("delete", "work").status == 0
    assert not cli.exists("/etc/ppp/peers/work")
    assert cli.bytes_of("/etc/ppp/chap-secrets") == CHAP_SECRETS


def test_a_password_that_only_systemd_has_is_not_asked_for(cli: Cli) -> None:
    """Neither can it be put in, nor need it be."""
    own = ("--password-from", "encrypted_credential:vpn", "--password-delivery", "passwordfd")
    assert cli("create", "work", "--server", "10.0.0.1", "--username", "u", *own).status == 0
    result = cli("render", "--with-secrets")
    assert result.status == 0, result.err
    assert "/etc/systemd/system/pptp@work.service.d/10-pptpsetup.conf" in result.out


def test_below_a_root_the_files_name_programs_of_that_root(cli: Cli) -> None:
    """Those of this machine need not exist there."""
    result = cli.create("work")
    assert "engine-elsewhere" in result.err
    assert sys.executable not in cli.text_of("/etc/ppp/peers/work")
    python, main_file = "usr/bin/python3", "usr/lib/python3/dist-packages/pptpengine/__main__.py"
    for each in (python, main_file):
        (cli.root / each).parent.mkdir(parents=True, exist_ok=True)
        (cli.root / each).touch()
    assert "engine-elsewhere" not in cli("apply").err
    assert f"/{python} -I -S /{main_file} vpn.example.com" in cli.text_of("/etc/ppp/peers/work")


def test_an_owner_that_the_root_does_not_know_is_told(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "etc/group").write_text("root:x:0:\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("ENCRYPTION", "required-128").replace("ENGINE", "bundled"))
    result = cli("render", "-f", str(spec))
    assert (result.status, "group dip" in result.err) == (8, True)


@pytest.mark.host
def test_a_tar_file_on_standard_output(cli: Cli, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("ENCRYPTION", "required-128").replace("ENGINE", "bundled"))
    command = ["-m", "pptpsetup", "--root", str(cli.root), "render", "-f", str(spec), "--tar", "-"]
    done = subprocess.run([sys.executable, *command], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        assert "etc/ppp/peers/work" in archive.getnames()
