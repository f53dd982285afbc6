"""Log in with the classroom's own passwords."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio.to_thread
from jupyterhub.auth import Authenticator
from traitlets import Unicode

from coreskills.classroom.hub.names import INSTRUCTORS, LEARNERS
from coreskills.classroom.passwords import Passwords
from coreskills.classroom.roster import Roster


class ClassAuthenticator(Authenticator):
    """Users are those of the roster; their group follows their role there."""

    folder = Unicode(config=True, help="Where passwords.json lies.")
    database_url = Unicode(config=True, help="Where the roster lies.")

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Check a password against its hash; ``None`` refuses."""
        name = data["username"]
        right = await anyio.to_thread.run_sync(Passwords(Path(self.folder)).check, name, data["password"])
        if not right:
            return None
        person = Roster(self.database_url).find(name)
        if person is None or not person.is_active:
            return None
        return {"name": name, "groups": [INSTRUCTORS if person.role == "instructor" else LEARNERS]}
