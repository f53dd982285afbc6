"""Starts each person's Jupyter server: learners behind the wall, instructors in the course folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port
from traitlets import Bool, Dict, Unicode

from coreskills.classroom.hub.names import INSTRUCTORS
from coreskills.classroom.hub.wall import give_home, walled
from coreskills.classroom.instructor_config import write_instructor_config


class RoomSpawner(SimpleLocalProcessSpawner):
    """A local process, each with its own home in the classroom's state folder."""

    course_root = Unicode(config=True, help="The course folder: the instructors' servers start there.")
    learner_config = Unicode(config=True, help="Jupyter and nbgrader configuration of learners' servers.")
    course_environment = Dict(config=True, help="Where the classroom keeps its things; for instructors only.")
    is_walled = Bool(True, config=True, help="Learners' servers run behind bubblewrap.")
    is_instructor = Bool(False)

    @property
    def _instructor_config(self) -> Path:
        return Path(self.learner_config).with_name("instructor")

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """Nothing to do in the child: the folder is given to Popen."""
        return lambda: None

    def get_env(self) -> dict[str, str]:
        """The server's environment: what the hub gives, and where Jupyter and nbgrader find their configuration."""
        env: dict[str, str] = super().get_env()
        env["JUPYTER_CONFIG_DIR"] = str(Path(self.home_dir) / ".jupyter")
        if self.is_instructor:
            env.update(self.course_environment)
            env["JUPYTER_CONFIG_PATH"] = str(self._instructor_config)
        else:
            env["JUPYTER_CONFIG_PATH"] = self.learner_config
        return env

    async def start(self) -> tuple[str, int]:
        """Start the server.

        Returns:
            Where the hub finds it.
        """
        self.port: int = self.port or random_port()
        home = Path(self.home_dir)
        if self.is_instructor:
            home.mkdir(parents=True, exist_ok=True)
            write_instructor_config(self._instructor_config)
        else:
            give_home(home, self.user.name)
        command = [*self.cmd, *self.get_args()]
        if self.is_instructor and os.getuid() == 0:
            command.append("--allow-root")  # an instructor works as the course's owner, who is root here
        folder = Path(self.course_root) if self.is_instructor else home
        if self.is_walled and not self.is_instructor:
            command = walled(command, name=self.user.name, home=home, readable=[Path(self.learner_config)])
        env = self.get_env()
        self.proc: Popen[bytes] = Popen(command, env=env, cwd=folder, start_new_session=True)
        self.pid = self.proc.pid
        return (self.ip or "127.0.0.1", self.port)


def know_role(spawner: RoomSpawner) -> None:
    """Before each start: instructors are those of the hub's group."""
    spawner.is_instructor = any(group.name == INSTRUCTORS for group in spawner.user.groups)
    spawner.notebook_dir = spawner.course_root if spawner.is_instructor else ""


def hub_environment(**more: Any) -> dict[str, str]:
    """What every server is told, whoever's it is."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ") if name in os.environ}
    return {**kept, **{name: str(value) for name, value in more.items()}}
