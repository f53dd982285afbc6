"""The course service's exchange, as functions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import requests

_TIMEOUT_S = 60
_PAUSES_S = (0.3, 1.0, 3.0)


class ServiceRefused(Exception):
    """The course service said no, or is away; the message says why and what to do."""

    def __init__(self, what: str, *, fix: str = "", status: int | None = None) -> None:
        self.status = status
        super().__init__(f"{what}\nFix: {fix}" if fix else what)


class CourseService:
    """The course service, seen with one person's hub token.

    Args:
        url: By default ``CORESKILLS_SERVICE_URL``, which the hub sets.
        token: By default ``JUPYTERHUB_API_TOKEN``, which the hub sets, or ``CORESKILLS_SERVICE_TOKEN`` without a hub.
        sleep: Waits between tries.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = (url or os.environ.get("CORESKILLS_SERVICE_URL", "")).rstrip("/")
        token = token or os.environ.get("CORESKILLS_SERVICE_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if not self._url or not token:
            raise ServiceRefused(
                "This is no server of the classroom: CORESKILLS_SERVICE_URL or JUPYTERHUB_API_TOKEN is not set.",
                fix="run this in JupyterLab on the hub, or set both (a token: /hub/token)",
            )
        self._headers = {"Authorization": f"token {token}"}
        self._sleep = sleep

    def labs(self) -> dict[str, Any]:
        """What is released."""
        return self._json("GET", "/api/labs")

    def fetch(self, lab: str) -> bytes:
        """The release of a lab, as a zip."""
        return self._ask("GET", f"/api/labs/{lab}/release").content

    def release(self, lab: str, bundle: bytes) -> dict[str, Any]:
        """Publish a lab."""
        return self._json("PUT", f"/api/labs/{lab}/release", data=bundle)

    def withdraw(self, lab: str) -> None:
        """Take a lab's release back."""
        self._ask("DELETE", f"/api/labs/{lab}/release")

    def submit(self, lab: str, bundle: bytes) -> dict[str, Any]:
        """Hand in; the receipt. Sending the same files again is safe: it is the same submission."""
        return self._json("POST", f"/api/labs/{lab}/submissions", data=bundle)

    def submissions(
        self, *, lab: str | None = None, learner: str | None = None, latest: bool = False
    ) -> list[dict[str, Any]]:
        """One's own; for instructors everybody's."""
        path = f"/api/labs/{lab}/submissions" if lab else "/api/submissions"
        query = {name: value for name, value in (("learner", learner), ("latest", "1" if latest else None)) if value}
        rows: list[dict[str, Any]] = self._json("GET", path, params=query)["submissions"]
        return rows

    def files(self, submission_id: int) -> bytes:
        """The files of a submission, as a zip."""
        return self._ask("GET", f"/api/submissions/{submission_id}/files").content

    def feedback(self, submission_id: int) -> bytes:
        """The feedback of a submission, as a zip."""
        return self._ask("GET", f"/api/submissions/{submission_id}/feedback").content

    def give_feedback(self, submission_id: int, bundle: bytes) -> None:
        """Give feedback back."""
        self._ask("PUT", f"/api/submissions/{submission_id}/feedback", data=bundle)

    def _json(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        table: dict[str, Any] = self._ask(method, path, **more).json()
        return table

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = self._send(method, path, **more)
        if answer.ok:
            return answer
        try:
            said = answer.json()
            what, fix = str(said["error"]), str(said.get("fix", ""))
        except (ValueError, KeyError, TypeError):
            what, fix = f"The course service answered {answer.status_code} to {method} {path}.", "try again later"
        raise ServiceRefused(what, fix=fix, status=answer.status_code)

    def _send(self, method: str, path: str, **more: Any) -> requests.Response:
        # Every request of ours may be repeated: the service knows a submission it already has.
        for pause_s in (*_PAUSES_S, None):
            try:
                answer = requests.request(method, self._url + path, headers=self._headers, timeout=_TIMEOUT_S, **more)
            except requests.RequestException as error:
                if pause_s is None:
                    raise ServiceRefused(
                        f"The course service at {self._url} does not answer ({type(error).__name__}).",
                        fix="your files are safe; try again in a minute",
                    ) from error
            else:
                if answer.status_code not in (502, 503, 504) or pause_s is None:
                    return answer
            self._sleep(pause_s)
        raise AssertionError("unreachable: the last round returns or raises")
