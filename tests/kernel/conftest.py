"""Real kernels of the CoreSkills kernelspec, and a real private gateway, for tests."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from coreskills.course import Course
from coreskills.gateway.app import Gateway
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.laptop import Desk
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger
from coreskills.offline.models import OfflineModels
from coreskills_widgets.kernel import warm
from coreskills_widgets.kernel.provisioner import WarmProvisioner


@dataclass
class Output:
    """What one cell put out."""

    stdout: str = ""
    stderr: str = ""
    result: str = ""
    displays: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0

    @property
    def notes(self) -> list[str]:
        """The cell notes, as plain text."""
        return [data["text/plain"] for data in self.displays if "jp-coreskills-note" in data.get("text/html", "")]


@dataclass
class Kernel:
    """A running kernel and a client of it."""

    manager: KernelManager
    client: BlockingKernelClient

    @property
    def provisioner(self) -> WarmProvisioner:
        assert isinstance(self.manager.provisioner, WarmProvisioner)
        return self.manager.provisioner

    @property
    def is_forked(self) -> bool:
        return isinstance(self.provisioner.process, warm.ForkedKernel)

    @property
    def pid(self) -> int:
        assert self.provisioner.pid is not None
        return self.provisioner.pid

    def run(self, code: str, *, cell_id: str = "", timeout: float = 60, answers: list[str] | None = None) -> Output:
        """Run a cell as JupyterLab does, and collect what it shows."""
        out = Output()

        def hook(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                setattr(out, content["name"], getattr(out, content["name"]) + content["text"])
            elif kind == "execute_result":
                out.result += content["data"]["text/plain"]
            elif kind == "display_data":
                out.displays.append(content["data"])
            elif kind == "error":
                out.error = content["ename"]

        started = time.perf_counter()
        waiting = iter(answers or [])
        request = self.client.session.msg(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "allow_stdin": answers is not None},
            metadata={"cellId": cell_id} if cell_id else None,
        )
        self.client.shell_channel.send(request)
        self._collect(request["header"]["msg_id"], hook, waiting, deadline=time.monotonic() + timeout)
        out.seconds = time.perf_counter() - started
        return out

    def _collect(
        self, msg_id: str, hook: Callable[[dict[str, Any]], None], answers: Iterator[str], *, deadline: float
    ) -> None:
        replied = idle = False
        while not (replied and idle):
            assert time.monotonic() < deadline, "the cell did not end"
            with contextlib.suppress(Exception):
                if self.client.stdin_channel.msg_ready():
                    self.client.get_stdin_msg(timeout=0)
                    self.client.input(next(answers))
            while self.client.iopub_channel.msg_ready():
                message = self.client.get_iopub_msg(timeout=1)
                if message["parent_header"].get("msg_id") != msg_id:
                    continue
                idle = idle or (message["msg_type"] == "status" and message["content"]["execution_state"] == "idle")
                hook(message)
            if self.client.shell_channel.msg_ready():
                replied = self.client.get_shell_msg(timeout=1)["parent_header"].get("msg_id") == msg_id or replied
            time.sleep(0.002)

    def reply_to(self, request: str, *, timeout: float = 60) -> dict[str, Any]:
        """The content of one request's reply; replies to others, such as late pings, are passed over."""
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = reply["content"]
                return content

    def restart(self, *, now: bool = False) -> None:
        """Restart, and wait until it is ready."""
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(timeout=60)


@dataclass
class PrivateGateway:
    """The gateway of `coreskills lab`, to be stopped and started like the real one."""

    folder: Path
    models: OfflineModels
    course: Course | None = None
    ttl_s: float = 3600
    token: str = "desk-token"
    port: int = 0

    def start(self) -> PrivateGateway:
        """Serve; on the port of the last time."""
        self.keys = KeyStore(f"sqlite:///{self.folder / 'keys.sqlite'}")
        self.ledger = Ledger(f"sqlite:///{self.folder / 'ledger.sqlite'}")
        self.gateway = Gateway(keys=self.keys, ledger=self.ledger, models=self.models)
        desk = Desk(self.gateway, learner="ada", token=self.token, course=self.course, ttl_s=self.ttl_s)
        self._server = GatewayServer(desk.app(), port=self.port).start()
        desk.base_url = self.url = self._server.url
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        """End it as a restart of the service does."""
        self._server.stop()
        self.gateway.close()
        self.keys.close()
        self.ledger.close()

    @property
    def env(self) -> dict[str, str]:
        """What the hub gives a learner's server."""
        return {"CORESKILLS_SERVICE_URL": self.url, "JUPYTERHUB_API_TOKEN": self.token, "JPY_API_TOKEN": self.token}


@pytest.fixture(scope="session")
def offline_models(tmp_path_factory: pytest.TempPathFactory) -> OfflineModels:
    """Loaded once for all gateways."""
    return OfflineModels(tmp_path_factory.mktemp("models"))


@pytest.fixture
def make_gateway(
    tmp_path_factory: pytest.TempPathFactory, offline_models: OfflineModels
) -> Iterator[Callable[..., PrivateGateway]]:
    """Makes gateways, not started yet, and stops them after the test."""
    made: list[PrivateGateway] = []

    def make(**settings: Any) -> PrivateGateway:
        made.append(PrivateGateway(tmp_path_factory.mktemp("gateway"), offline_models, **settings))
        return made[-1]

    yield make
    for gateway in made:
        if gateway.port:
            gateway.stop()


@pytest.fixture
def gateway(make_gateway: Callable[..., PrivateGateway]) -> PrivateGateway:
    """A running gateway."""
    return make_gateway().start()


@pytest.fixture
def metered(warm_parent: warm.WarmParent, gateway: PrivateGateway, start_kernel: StartKernel) -> Kernel:
    """A forked kernel with a key."""
    return start_kernel(env=gateway.env)


StartKernel = Callable[..., Kernel]


@pytest.fixture(scope="session", autouse=True)
def jupyter_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Connection files and history of these tests lie in a folder of their own."""
    home = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(home / "runtime"))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        for name in [name for name in os.environ if name.startswith(("CORESKILLS_", "JUPYTERHUB_"))]:
            patch.delenv(name)
        yield home


@pytest.fixture(scope="session")
def warm_parent(jupyter_home: Path) -> Iterator[warm.WarmParent]:
    """This process's warm parent, as a Jupyter server has it."""
    parent = warm.prepare()
    assert parent is not None, "this machine cannot fork kernels"
    yield parent
    parent.close()
    warm._parent = None


@pytest.fixture
def start_kernel(tmp_path: Path) -> Iterator[StartKernel]:
    """Starts kernels, and ends them after the test."""
    kernels: list[Kernel] = []

    def start(
        *, cwd: Path | None = None, env: dict[str, str] | None = None, notebook: str = "", cold: bool = False
    ) -> Kernel:
        manager = KernelManager(kernel_name="coreskills")
        # ipykernel captures less when it sees this variable of pytest's
        base = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        env = {**base, **(env or {}), **({"JPY_SESSION_NAME": notebook} if notebook else {})}
        with pytest.MonkeyPatch.context() as patch:
            if cold:
                patch.setattr(WarmProvisioner, "_warm_parent", lambda self: None)
            manager.start_kernel(cwd=str(cwd or tmp_path), env=env)
        client = manager.client()
        kernels.append(Kernel(manager, client))
        client.start_channels()
        client.wait_for_ready(timeout=60)
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.client.stop_channels()
        if kernel.manager.has_kernel:
            kernel.manager.shutdown_kernel(now=True)


@pytest.fixture(params=["forked", "cold"])
def any_kernel(request: pytest.FixtureRequest, warm_parent: warm.WarmParent, start_kernel: StartKernel) -> Kernel:
    """The same kernel, started both ways."""
    kernel = start_kernel(cold=request.param == "cold")
    assert kernel.is_forked == (request.param == "forked")
    return kernel


@pytest.fixture
def forked(warm_parent: warm.WarmParent, start_kernel: StartKernel) -> Kernel:
    """A kernel forked from the warm parent."""
    kernel = start_kernel()
    assert kernel.is_forked
    return kernel


def wait_until(claim: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., None]:
    return wait_until
