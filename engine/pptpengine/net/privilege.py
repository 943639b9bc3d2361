"""Giving up every privilege for good, once the sockets are open (capabilities(7), prctl(2)).

What is left afterwards: the descriptors that are open, an unprivileged user, no capability in any set, and
PR_SET_NO_NEW_PRIVS, so that no program started from here could get one back.
"""

import os

_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITIES = 64
"More than there are (CAP_LAST_CAP is 40 in Linux 6.1); the kernel refuses numbers that it does not know."
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def account(name: str) -> tuple[int, int]:
    """User and group ID of *name*, a user name or a number. Raises KeyError when there is no such user."""
    import pwd

    entry = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def drop(user: str) -> list[str]:
    """Become *user* and give up the rest; returns in words what this process could not give up.

    Raises nothing: a tunnel that works with too much privilege is better than none, if that is said.
    """
    import ctypes  # only here: it costs milliseconds, and this comes when the sockets are open

    kept = []
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in range(_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    if os.geteuid() == 0:
        kept += _change_user(user)
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        kept.append(f"the capabilities ({os.strerror(ctypes.get_errno())})")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        kept.append(f"privileges gained by exec ({os.strerror(ctypes.get_errno())})")
    return kept


def _change_user(user: str) -> list[str]:
    try:
        uid, gid = account(user)
    except KeyError:
        return [f"the user root (there is no user {user})"]
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        return [f"the user root ({error.strerror})"]
    return []
