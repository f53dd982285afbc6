"""Keys of kernels: asked for with the server's hub token, renewed while the kernel lives, revoked at its end.

The kernel never sees the hub token. It gets the key in its environment, and through a file of mode 0600 beside
its connection file, so that a key which came late, or had to be replaced, reaches a kernel that already runs.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from coreskills_widgets.kernel.lab_of import SCRATCH

_TIMEOUT_S = 3.0
_LOOK_EVERY_S = 15.0  # wall clock, so that a laptop that slept renews within this time of waking up

log = logging.getLogger("coreskills.kernel")


class ServiceAway(Exception):
    """The course service did not answer, or not sensibly."""


class NoSuchKey(Exception):
    """The service does not know this lab or key."""


@dataclass(frozen=True)
class CourseService:
    """Where keys come from.

    Attributes:
        token: The hub token of this server, or the private gateway's on a laptop; never given to a kernel.
    """

    url: str
    token: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> CourseService | None:
        """The service of this server; ``None`` outside a classroom."""
        url = env.get("CORESKILLS_SERVICE_URL", "")
        token = env.get("CORESKILLS_SERVICE_TOKEN") or env.get("JUPYTERHUB_API_TOKEN", "")
        return cls(url.rstrip("/"), token) if url and token else None

    def mint(self, *, lab: str, kernel_id: str) -> Key:
        """Ask for a key; a folder that is no lab is given the scratch lab's.

        Raises:
            ServiceAway: Ask again later.
        """
        try:
            answer = self._post("/api/keys", {"lab": lab, "kernel_id": kernel_id})
        except NoSuchKey:
            if lab == SCRATCH:
                raise ServiceAway("the course service has no scratch lab") from None
            return self.mint(lab=SCRATCH, kernel_id=kernel_id)
        try:
            return Key(answer["key"], answer["gateway_url"], lab, _time(answer["expires_utc"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ServiceAway(f"the course service answered without {error}") from error

    def renew(self, key: Key) -> Key:
        """Have the same secret live longer, so that clients built with it go on working.

        Raises:
            NoSuchKey: It was revoked, or the service forgot it: mint anew.
            ServiceAway: Ask again later.
        """
        answer = self._post("/api/keys/renew", {"key": key.secret})
        try:
            return Key(key.secret, key.gateway_url, key.lab, _time(answer["expires_utc"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ServiceAway(f"the course service answered without {error}") from error

    def revoke(self, key: Key) -> None:
        """End a key; it expires by itself where the service is away."""
        try:
            self._post("/api/keys/revoke", {"key": key.secret})
        except (ServiceAway, NoSuchKey) as error:
            log.debug("CoreSkills: key not revoked: %s", error)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - the operator's own URL
            self.url + path, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        # No proxy: the service is beside us, and HTTP_PROXY is for the world outside.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as response:
                data = response.read()
            return json.loads(data) if data else {}
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise NoSuchKey(path) from error
            raise ServiceAway(f"{self.url}{path} answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise ServiceAway(f"{self.url}{path}: {error}") from error


@dataclass(frozen=True)
class Key:
    """A secret for one learner, lab and kernel."""

    secret: str
    gateway_url: str
    lab: str
    expires_utc: datetime


class Grant:
    """One kernel's key and the file that carries it.

    Attributes:
        file: Read by the kernel before each cell, if it changed.
    """

    def __init__(self, service: CourseService, *, lab: str, kernel_id: str, file: Path) -> None:
        self.service, self.lab, self.kernel_id, self.file = service, lab, kernel_id, file
        self.key: Key | None = None
        self._renew_at = datetime.now(UTC)

    def refresh(self) -> None:
        """Mint or renew when it is time; says nothing to the learner, and tries again when the service is away."""
        if datetime.now(UTC) < self._renew_at:
            return
        before = self.key
        try:
            self.key = self._renewed() or self.service.mint(lab=self.lab, kernel_id=self.kernel_id)
        except ServiceAway as error:
            log.warning("CoreSkills: no key for kernel %s yet, trying again: %s.", self.kernel_id, error)
            return
        self._renew_at = datetime.now(UTC) + (self.key.expires_utc - datetime.now(UTC)) / 2
        if before is None or before.secret != self.key.secret:
            self._write()

    def _renewed(self) -> Key | None:
        if self.key is None:
            return None
        try:
            return self.service.renew(self.key)
        except NoSuchKey:
            return None

    def _write(self) -> None:
        assert self.key is not None
        body = {"key": self.key.secret, "gateway_url": self.key.gateway_url, "lab": self.key.lab}
        draft = self.file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(body, out)
        draft.replace(self.file)

    def end(self) -> None:
        """Revoke the key and remove its file."""
        if self.key is not None:
            self.service.revoke(self.key)
        self.file.unlink(missing_ok=True)


class Keeper:
    """Keeps the keys of this server's kernels fresh, in one thread."""

    def __init__(self, *, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._look_every_s = look_every_s
        self._grants: set[Grant] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, grant: Grant) -> None:
        """Refresh this grant from now on."""
        with self._lock:
            self._grants.add(grant)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="coreskills-keys", daemon=True)
                self._thread.start()

    def drop(self, grant: Grant) -> None:
        """Leave it alone from now on."""
        with self._lock:
            self._grants.discard(grant)

    def _run(self) -> None:
        while True:
            time.sleep(self._look_every_s)
            with self._lock:
                grants = list(self._grants)
            for grant in grants:
                try:
                    grant.refresh()
                except OSError as error:  # the runtime folder is full or gone; the next look tries again
                    log.warning("CoreSkills: the key of kernel %s was not stored: %s", grant.kernel_id, error)


keeper = Keeper()


def _time(text: str) -> datetime:
    """Read an ISO 8601 time; one without an offset is UTC."""
    time_ = datetime.fromisoformat(text)
    time_ = time_ if time_.tzinfo else time_.replace(tzinfo=UTC)
    return max(time_, datetime.now(UTC) + timedelta(seconds=1))
