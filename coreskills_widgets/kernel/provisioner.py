"""The kernel provisioner: gives a kernel its key, and forks it from the warm parent instead of starting it cold."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Enum

from coreskills_widgets.kernel import environ, grants, warm
from coreskills_widgets.kernel.lab_of import lab_of


class WarmProvisioner(LocalProvisioner):
    """Starts, signals and ends one CoreSkills kernel."""

    forking = Enum(
        ["auto", "never"],
        default_value="auto",
        help="auto: fork in a Jupyter server, or where `prepare()` was called; a one-off client starts cold.",
    ).tag(config=True)
    grant: grants.Grant | None = None

    @property
    def gateway_url(self) -> str:
        """Where this kernel's calls go; empty while it has no key."""
        return self.grant.key.gateway_url if self.grant and self.grant.key else ""

    @property
    def key(self) -> str:
        """This kernel's secret, for the server's own questions to the gateway; never for a page."""
        return self.grant.key.secret if self.grant and self.grant.key else ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Clean the environment and add the way to the gateway."""
        kwargs = await super().pre_launch(**kwargs)
        server_env = kwargs["env"]
        env = environ.base_environment(server_env)
        service = grants.CourseService.from_environment(server_env)
        kwargs["env"] = env if service is None else await self._with_grant(service, env, cwd=kwargs.get("cwd"))
        return kwargs

    async def _with_grant(
        self, service: grants.CourseService, env: dict[str, str], *, cwd: str | None
    ) -> dict[str, str]:
        if self.grant is None:
            lab = lab_of(env, cwd or os.getcwd())  # noqa: PTH109
            self.grant = grants.Grant(service, lab=lab, kernel_id=self.kernel_id, file=self._grant_file())
        await asyncio.to_thread(self.grant.refresh)
        grants.keeper.keep(self.grant)
        key = self.grant.key
        return environ.gateway_environment(
            env,
            # Without a key yet: calls are refused by the gateway, not sent past it; the key arrives by file.
            gateway_url=key.gateway_url if key else f"{service.url}/gateway",
            key=key.secret if key else "waiting-for-the-course-service",
            lab=key.lab if key else self.grant.lab,
            grant_file=str(self.grant.file),
        )

    def _grant_file(self) -> Path:
        manager: Any = self.parent
        connection_file = Path(manager.connection_file).absolute()
        return connection_file.with_name(f"{connection_file.stem}.coreskills")

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel; start it cold, with a line in the log, where that cannot work."""
        parent = self._warm_parent()
        if parent is not None:
            try:
                return await self._fork(parent, cmd, kwargs)
            except warm.CannotFork as error:
                self.log.warning("CoreSkills: kernel %s starts cold: %s.", self.kernel_id, error)
        return await super().launch_kernel(cmd, **kwargs)

    def _warm_parent(self) -> warm.WarmParent | None:
        if self.forking == "never":
            return None
        server = sys.modules.get("jupyter_server.serverapp")
        if server is not None and server.ServerApp.initialized():
            return warm.prepare()
        return warm.current()

    async def _fork(self, parent: warm.WarmParent, cmd: list[str], kwargs: dict[str, Any]) -> KernelConnectionInfo:
        prefix = [sys.executable, *warm.COMMAND]
        if cmd[: len(prefix)] != prefix:
            raise warm.CannotFork(f"its command is not that of the CoreSkills kernel: {cmd[: len(prefix)]}")
        if unusual := [name for name in ("independent", "stdin") if kwargs.get(name)]:
            raise warm.CannotFork(f"it was asked for with {unusual[0]}")
        cwd = os.fspath(kwargs.get("cwd") or Path.cwd())
        nothing = os.open(os.devnull, os.O_RDWR)
        try:
            streams = [_descriptor(kwargs.get(name), n, nothing=nothing) for name, n in (("stdout", 1), ("stderr", 2))]
            arguments = cmd[len(prefix) :]
            forked = await asyncio.to_thread(
                parent.spawn, arguments, env=kwargs["env"], cwd=cwd, stdio=[nothing, *streams]
            )
        finally:
            os.close(nothing)
        process: Any = forked  # as much of a Popen as the base class uses
        self.process = process
        self.pid = self.pgid = forked.pid  # it leads its own session, as a cold kernel does
        self.cwd = cwd
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Revoke the key, unless the kernel comes back."""
        if self.grant is not None and not restart:
            grants.keeper.drop(self.grant)
            await asyncio.to_thread(self.grant.end)
            self.grant = None
        await super().cleanup(restart=restart)


def _descriptor(stream: Any, default: int, *, nothing: int) -> int:
    """The file descriptor that a stream given as in ``subprocess.Popen`` stands for."""
    if stream is None:
        return default
    if stream == subprocess.DEVNULL:
        return nothing
    if stream in (subprocess.PIPE, subprocess.STDOUT):
        raise warm.CannotFork("its output was asked for as a pipe")
    return stream if isinstance(stream, int) else int(stream.fileno())
