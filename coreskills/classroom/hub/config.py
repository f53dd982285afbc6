"""JupyterHub's configuration on one machine; `coreskills up` starts `jupyterhub -f` on this file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from traitlets.config import get_config

from coreskills.classroom.backend import without_provider_keys
from coreskills.classroom.hub.login import ClassAuthenticator
from coreskills.classroom.hub.names import GRADER, INSTRUCTORS, SERVICE
from coreskills.classroom.hub.spawner import RoomSpawner, hub_environment, know_role
from coreskills.classroom.settings import STORES, Run

run_file = Path(os.environ["CORESKILLS_RUN"])
run = Run.load(run_file)
room = run.classroom
c = get_config()

c.JupyterHub.bind_url = run.url
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{run.hub_port}"
c.JupyterHub.db_url = f"sqlite:///{room.hub / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(room.hub / "cookie.secret")
c.JupyterHub.cleanup_servers = True
c.JupyterHub.cleanup_proxy = True
c.JupyterHub.shutdown_on_logout = False
c.JupyterHub.log_level = "WARN"
c.JupyterHub.upgrade_db = True
c.ConfigurableHTTPProxy.command = [*run.proxy_command, "--log-level", "warn"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{run.proxy_api_port}"
c.ConfigurableHTTPProxy.pid_file = str(room.hub / "proxy.pid")
c.ConfigurableHTTPProxy.debug = False

c.JupyterHub.authenticator_class = ClassAuthenticator
c.ClassAuthenticator.folder = str(room.hub)
c.ClassAuthenticator.database_url = room.database_url
c.ClassAuthenticator.manage_groups = True
c.ClassAuthenticator.allow_all = True  # the roster decides: who is not on it has no password
c.ClassAuthenticator.delete_invalid_users = False

c.JupyterHub.spawner_class = RoomSpawner
c.RoomSpawner.course_root = run.root
c.RoomSpawner.learner_config = str(room.state / "learner")
c.RoomSpawner.home_dir_template = str(room.homes / "{username}")
c.RoomSpawner.course_environment = {"CORESKILLS_STATE": run.state} | {
    name: os.environ[name] for name in STORES if name in os.environ
}
c.RoomSpawner.is_walled = run.is_walled
c.RoomSpawner.pre_spawn_hook = know_role
c.RoomSpawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.RoomSpawner.default_url = "/lab"
c.RoomSpawner.start_timeout = 90
c.RoomSpawner.http_timeout = 60
c.RoomSpawner.env_keep = ["LANG", "LC_ALL", "TZ"]
c.RoomSpawner.environment = hub_environment(
    PATH=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
    CORESKILLS_SERVICE_URL=run.service_url,
    CORESKILLS_COURSE=room.course.course.id,
    OMP_NUM_THREADS="1",
)
# A single-user server in debug mode prints its environment; ours stays quiet.
c.RoomSpawner.args = ["--log-level=WARN"]

environment = {
    "CORESKILLS_RUN": str(run_file),
    "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
    **{name: value for name, value in os.environ.items() if name.startswith("CORESKILLS_")},
}
c.JupyterHub.services = [
    {
        "name": SERVICE,
        "url": f"http://127.0.0.1:{run.service_port}",
        "command": [sys.executable, "-m", "coreskills.classroom.service"],
        "environment": environment,
        "oauth_no_confirm": True,
        "display": True,
        "cwd": run.root,
    },
    {
        "name": GRADER,
        "command": [sys.executable, "-m", "coreskills.classroom.grading"],
        "environment": without_provider_keys(environment),
        "cwd": run.root,
        "display": False,
    },
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", f"access:services!service={SERVICE}"]},
    {
        "name": "server",
        "scopes": [
            "users:activity!user",
            "access:servers!server",
            "read:users:name!user",
            "read:users:groups!user",
            f"access:services!service={SERVICE}",
        ],
    },
    {
        "name": "instructor",
        "groups": [INSTRUCTORS],
        "scopes": ["admin-ui", "list:users", "read:users", "servers", f"access:services!service={SERVICE}"],
    },
    {"name": "course-service", "services": [SERVICE], "scopes": ["list:users", "read:users"]},
]
