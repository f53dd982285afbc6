"""Passwords of the embedded classroom: hashed for the hub, once in clear for the person who hands them out.

Beyond one machine the hub asks an identity provider instead (LTI, OAuth), and none of this is used.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from coreskills.classroom.settings import write_private

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
_N, _R, _P = 2**14, 8, 1


class Passwords:
    """The users of the hub and their passwords.

    Args:
        folder: Holds ``passwords.json`` (hashes, what the hub reads) and ``passwords.txt`` (in clear, mode 0600).
    """

    def __init__(self, folder: Path) -> None:
        self._hashes = folder / "passwords.json"
        self._clear = folder / "passwords.txt"

    def issue(self, names: Iterable[str]) -> dict[str, str]:
        """Give a password to each of ``names`` that has none.

        Returns:
            The passwords of all ``names`` that are still known in clear.
        """
        names = list(names)
        hashes, clear = self._read_hashes(), self._read_clear()
        new = [name for name in names if name not in hashes]
        for name in new:
            clear[name] = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
            hashes[name] = _hash(clear[name])
        if new:
            write_private(self._hashes, json.dumps(hashes, indent=1))
            write_private(self._clear, "".join(f"{name}\t{clear[name]}\n" for name in sorted(clear)))
        return {name: clear[name] for name in names if name in clear}

    def forget(self, name: str) -> None:
        """Close a user's door."""
        hashes, clear = self._read_hashes(), self._read_clear()
        hashes.pop(name, None)
        clear.pop(name, None)
        write_private(self._hashes, json.dumps(hashes, indent=1))
        write_private(self._clear, "".join(f"{each}\t{clear[each]}\n" for each in sorted(clear)))

    def check(self, name: str, password: str) -> bool:
        """Whether this is that user's password; as slow for a user that does not exist."""
        known = self._read_hashes().get(name)
        return _matches(password, known or _hash("nobody")) and known is not None

    def _read_hashes(self) -> dict[str, str]:
        if not self._hashes.exists():
            return {}
        table: dict[str, str] = json.loads(self._hashes.read_text(encoding="utf-8"))
        return table

    def _read_clear(self) -> dict[str, str]:
        if not self._clear.exists():
            return {}
        rows = (line.split("\t") for line in self._clear.read_text(encoding="utf-8").splitlines() if line)
        return dict(rows)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 * 1024 * 1024)


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def _matches(password: str, stored: str) -> bool:
    _, salt, digest = stored.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), digest)
