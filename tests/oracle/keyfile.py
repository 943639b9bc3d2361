"""GLib itself, reading a key file."""

import ctypes
from ctypes.util import find_library

from tests.support import missing


class KeyFile:
    """``g_key_file_load_from_data`` and ``g_key_file_get_string`` (GLib, gkeyfile.h)."""

    def __init__(self) -> None:
        name = find_library("glib-2.0")
        if name is None:
            missing("GLib is not installed (Debian package libglib2.0-0)")
        self._glib = ctypes.CDLL(name)
        for function in ("g_key_file_new", "g_key_file_get_string"):
            getattr(self._glib, function).restype = ctypes.c_void_p
        self._glib.g_key_file_load_from_data.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_void_p,
        ]
        self._glib.g_key_file_get_string.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_void_p,
        ]
        self._glib.g_key_file_free.argtypes = [ctypes.c_void_p]
        self._glib.g_error_free.argtypes = [ctypes.c_void_p]
        self._glib.g_free.argtypes = [ctypes.c_void_p]

    def accepts(self, text: bytes) -> bool:
        """Whether GLib loads the file."""
        file = self._glib.g_key_file_new()
        try:
            return bool(self._glib.g_key_file_load_from_data(file, text, len(text), 0, None))
        finally:
            self._glib.g_key_file_free(file)

    def read(self, text: bytes, group: str, key: str) -> str | None:
        """The value of *key* in *group*; None when there is none, or GLib refuses it or the file."""
        file = self._glib.g_key_file_new()
        try:
            if not self._glib.g_key_file_load_from_data(file, text, len(text), 0, None):
                return None
            error = ctypes.c_void_p()
            found = self._glib.g_key_file_get_string(file, group.encode(), key.encode(), ctypes.byref(error))
            failed = error.value is not None
            if failed:
                self._glib.g_error_free(error)
            if not found:
                return None
            try:
                # For an escape it does not know GLib gives a string, and an error along with it.
                return None if failed else ctypes.string_at(found).decode()
            finally:
                self._glib.g_free(found)
        finally:
            self._glib.g_key_file_free(file)
