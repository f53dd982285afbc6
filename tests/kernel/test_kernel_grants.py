"""A kernel's key: minted for its lab, renewed while it lives, revoked at its end; the hub token stays outside."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coreskills.course import load_course
from coreskills_widgets.kernel import environ, grants
from coreskills_widgets.kernel.lab_of import lab_of

ROOT = Path(__file__).resolve().parents[2]
HELLO = """
import anthropic
client = anthropic.Anthropic(max_retries=0)
def hello(client=client):
    return client.messages.create(
        model="claude-haiku-5-5", max_tokens=5, messages=[{"role": "user", "content": "Hello!"}]).usage.output_tokens
"""


@pytest.fixture
def quick_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks after keys five times a second instead of four times a minute."""
    monkeypatch.setattr(grants, "keeper", grants.Keeper(look_every_s=0.2))


@pytest.mark.parametrize(
    ("notebook", "cwd", "lab"),
    [
        ("/home/ada/b1-1-first-call/b1-1-first-call.ipynb", "/home/ada", "b1-1-first-call"),
        ("labs/b1-1-first-call/notes.ipynb", None, "b1-1-first-call"),
        ("/home/ada/My Notes/x.ipynb", "/home/ada/b1-1-first-call", "scratch"),
        ("/home/ada/b1-1-first-call/", "/home/ada/b1-1-first-call", "b1-1-first-call"),
        ("Untitled.ipynb", "/home/ada/b1-2-cost-calculator", "b1-2-cost-calculator"),
        ("", "/", "scratch"),
        ("", None, "scratch"),
    ],
    ids=[
        "notebook in its lab",
        "any notebook there",
        "no lab's name",
        "no name of a notebook",
        "no folder told",
        "root",
        "nothing known",
    ],
)
def test_lab_is_the_notebooks_folder(notebook: str, cwd: str | None, lab: str) -> None:
    """The folder's name is the lab's id, whatever the notebook is called."""
    assert lab_of({"JPY_SESSION_NAME": notebook} if notebook else {}, cwd) == lab


def test_environment_leads_to_the_gateway_and_nowhere_else() -> None:
    """Provider keys of the server are replaced, tokens are left out, proxies do not get in between."""
    server = {
        "PATH": "/bin",
        "JUPYTERHUB_API_TOKEN": "hub",
        "JPY_API_TOKEN": "hub",
        "CORESKILLS_SERVICE_TOKEN": "desk",
        "ANTHROPIC_API_KEY": "sk-ant-real",
        "ANTHROPIC_AUTH_TOKEN": "real",
        "OPENAI_ORG_ID": "org",
        "NO_PROXY": "intranet",
    }
    base = environ.base_environment(server)
    env = environ.gateway_environment(
        base, gateway_url="http://10.0.0.5:8000/gateway/", key="k", lab="b1-1-first-call", grant_file="/run/x"
    )
    assert env == {
        "PATH": "/bin",
        "OMP_NUM_THREADS": "1",
        "NO_PROXY": "intranet,10.0.0.5",
        "ANTHROPIC_BASE_URL": "http://10.0.0.5:8000/gateway",
        "ANTHROPIC_API_KEY": "k",
        "OPENAI_BASE_URL": "http://10.0.0.5:8000/gateway/v1",
        "OPENAI_API_KEY": "k",
        "CO_API_URL": "http://10.0.0.5:8000/gateway",
        "CO_API_KEY": "k",
        "CORESKILLS_GATEWAY_URL": "http://10.0.0.5:8000/gateway",
        "CORESKILLS_GRANT_FILE": "/run/x",
        "CORESKILLS_LAB": "b1-1-first-call",
    }


def test_key_is_for_the_lab_and_ends_with_the_kernel(
    warm_parent: Any, make_gateway: Callable[..., Any], start_kernel: Any, tmp_path: Path
) -> None:
    """Minted for learner, lab and kernel; revoked, and its file removed, at shutdown."""
    gateway = make_gateway(course=load_course(ROOT)).start()
    folder = tmp_path / "b1-1-first-call"
    folder.mkdir()
    kernel = start_kernel(cwd=folder, env=gateway.env)
    (grant,) = gateway.keys.grants()
    assert (grant.learner, grant.lab, grant.kernel) == ("ada", "b1-1-first-call", kernel.provisioner.kernel_id)
    assert kernel.run("import os; os.environ['CORESKILLS_LAB']").result == "'b1-1-first-call'"
    file = kernel.provisioner.grant.file
    assert file.stat().st_mode & 0o777 == 0o600
    kernel.restart()
    assert len(gateway.keys.grants()) == 1
    kernel.manager.shutdown_kernel()
    assert gateway.keys.grants()[0].revoked
    assert not file.exists()


@pytest.mark.slow
def test_folder_that_is_no_lab_gets_the_scratch_key(
    warm_parent: Any, make_gateway: Callable[..., Any], start_kernel: Any, tmp_path: Path
) -> None:
    """Playing in a folder of one's own works, on the scratch lab's budget."""
    gateway = make_gateway(course=load_course(ROOT)).start()
    (tmp_path / "my-own-ideas").mkdir()
    kernel = start_kernel(cwd=tmp_path / "my-own-ideas", env=gateway.env)
    assert kernel.run("import os; os.environ['CORESKILLS_LAB']").result == "'scratch'"
    assert [grant.lab for grant in gateway.keys.grants()] == ["scratch"]


def test_hub_token_is_nowhere_in_the_kernel(any_kernel: Any, gateway: Any, start_kernel: Any) -> None:
    """Not in its variables, not in what the system remembers of them, not in its files, nor in its parent's."""
    kernel = start_kernel(env=gateway.env, cold=not any_kernel.is_forked)
    seen = kernel.run(
        "import os, pathlib\n"
        "places = ['/proc/self/environ', os.environ['CORESKILLS_GRANT_FILE']]\n"
        "if 'kernel.launch' in pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_text():\n"
        "    places.append(f'/proc/{os.getppid()}/environ')\n"
        "print(repr(dict(os.environ)), *[pathlib.Path(place).read_text() for place in places])"
    ).stdout
    assert "CORESKILLS_GATEWAY_URL" in seen
    assert gateway.token not in seen


@pytest.mark.slow
def test_expired_key_is_renewed_without_a_word(
    warm_parent: Any, quick_keeper: None, make_gateway: Callable[..., Any], start_kernel: Any
) -> None:
    """A client built at the start works long after the key's first life, and nothing is shown."""
    gateway = make_gateway(ttl_s=2.0).start()
    kernel = start_kernel(env=gateway.env)
    kernel.run(HELLO)
    time.sleep(5)
    out = kernel.run("hello()")
    assert (out.result, out.stderr, out.error) == ("5", "", "")
    assert len(gateway.keys.grants()) == 1


@pytest.mark.slow
def test_forgotten_key_is_replaced(
    warm_parent: Any,
    quick_keeper: None,
    make_gateway: Callable[..., Any],
    start_kernel: Any,
    wait_until: Callable[..., None],
) -> None:
    """A service that lost its keys hands out another, which reaches the running kernel by its file."""
    gateway = make_gateway(ttl_s=2.0).start()
    kernel = start_kernel(env=gateway.env)
    kernel.run(HELLO)
    (lost,) = gateway.keys.grants()
    gateway.keys.revoke(lost.id)
    wait_until(lambda: len(gateway.keys.grants()) == 2)
    wait_until(lambda: kernel.provisioner.key in kernel.provisioner.grant.file.read_text())
    out = kernel.run("hello(anthropic.Anthropic())")
    assert (out.result, out.stderr, out.error) == ("5", "", "")
    assert len(out.notes) == 1


@pytest.mark.slow
def test_kernel_starts_without_the_service_and_gets_its_key_later(
    warm_parent: Any,
    quick_keeper: None,
    make_gateway: Callable[..., Any],
    start_kernel: Any,
    wait_until: Callable[..., None],
) -> None:
    """The service is away at the start: the kernel works; the key comes when the service does."""
    gateway = make_gateway().start()
    gateway.stop()
    kernel = start_kernel(env=gateway.env)
    assert kernel.run("1 + 1").result == "2"
    assert kernel.provisioner.key == ""
    gateway.start()
    wait_until(lambda: kernel.provisioner.key != "")
    out = kernel.run(HELLO + "hello()")
    assert (out.result, out.stderr) == ("5", "")


@pytest.mark.slow
def test_learners_own_key_is_left_alone(
    warm_parent: Any,
    quick_keeper: None,
    make_gateway: Callable[..., Any],
    start_kernel: Any,
    wait_until: Callable[..., None],
) -> None:
    """Who sets a key of their own in the notebook keeps it when ours is replaced."""
    gateway = make_gateway(ttl_s=2.0).start()
    kernel = start_kernel(env=gateway.env)
    kernel.run("import os; os.environ['OPENAI_API_KEY'] = 'my own'")
    gateway.keys.revoke(gateway.keys.grants()[0].id)
    wait_until(lambda: len(gateway.keys.grants()) == 2)
    wait_until(lambda: kernel.provisioner.key in kernel.provisioner.grant.file.read_text())
    kernel.run("1")
    assert kernel.run("os.environ['OPENAI_API_KEY']").result == "'my own'"
    assert kernel.run("os.environ['ANTHROPIC_API_KEY']").result == repr(kernel.provisioner.key)


@pytest.mark.parametrize(
    ("token", "path", "body", "status"),
    [
        ("other", "/api/keys", {"lab": "scratch"}, 403),
        ("desk-token", "/api/keys", [], 400),
        ("desk-token", "/api/keys", {"lab": "no-such-lab"}, 404),
        ("desk-token", "/api/keys/renew", {"key": "made up"}, 404),
        ("desk-token", "/api/keys/revoke", {}, 404),
    ],
    ids=["wrong token", "no object", "no such lab", "renew of nothing", "revoke of nothing"],
)
def test_desk_refuses_what_it_should(
    make_gateway: Callable[..., Any], token: str, path: str, body: Any, status: int
) -> None:
    """The private gateway's desk serves its own Jupyter server only, and says what is wrong."""
    gateway = make_gateway(course=load_course(ROOT)).start()
    request = urllib.request.Request(
        gateway.url + path, data=json.dumps(body).encode(), headers={"Authorization": f"token {token}"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert answer.code == status
        assert json.loads(answer.read())["error"]["message"]
