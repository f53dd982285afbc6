"""Streamlit apps that learners write: ``serve`` opens one in a browser, ``drive`` does without.

``drive`` starts a program of its own, which is this module; it runs the app under ``AppTest`` and prints its pages.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coreskills_widgets.labs import handin, program
from coreskills_widgets.labs.serving import serve, stop

__all__ = ["drive", "serve", "stop"]
Step = tuple[Any, ...]
MARK = "coreskills-pages "
_TYPED_IN = {"text_input", "text_area", "file_uploader", "button"}


def drive(path: str, steps: Sequence[Step], *, timeout_s: float = 90) -> list[dict[str, Any]]:
    """Run an app through steps; give its page after each one.

    Args:
        steps: ``("open",)``, ``("upload", (name, bytes), ...)`` with all files that are in the box from now on,
            ``("ask", question)``, ``("rerun",)``, ``("fail",)``: from now on no model answers,
            ``("session", n)``: go on in another browser window.

    Returns:
        For each step ``{"error": traceback or "", "text": all that is shown, "labels": of all widgets}``.

    Raises:
        AssertionError: There is no such program, or it cannot be driven; says why.
    """
    handin.text(path)  # before a program is started in vain
    plain = [[part if isinstance(part, str | int) else _packed(part) for part in step] for step in steps]
    ended = program.run(
        ["python", "-m", "coreskills_widgets.labs.app", path], stdin=json.dumps(plain), timeout_s=timeout_s
    )
    pages = next((line for line in ended.out.splitlines() if line.startswith(MARK)), None)
    if pages is None:
        raise AssertionError(f"{path} could not be driven (exit code {ended.code}): {ended.err.strip()[-300:]}")
    found: list[dict[str, Any]] = json.loads(pages.removeprefix(MARK))
    return found


def _packed(file: tuple[str, bytes]) -> list[str]:
    return [file[0], base64.b64encode(file[1]).decode()]


def _take(app: Any, step: list[Any]) -> None:
    match step:
        case ["upload", *files]:
            app.file_uploader[0].set_value(
                [(name, base64.b64decode(data), "application/octet-stream") for name, data in files]
            )
        case ["ask", question]:
            app.text_input[0].input(question)
            app.button[0].click()
        case ["fail"]:
            _break_models()
    app.run(timeout=60)


def _break_models() -> None:
    import anthropic
    import openai
    from anthropic.resources.messages import Messages
    from openai.resources.embeddings import Embeddings

    def fail(module: Any) -> Any:
        def create(*_args: Any, **_options: Any) -> None:
            raise module.APIConnectionError(message="Connection error.", request=None)

        return create

    Messages.create = fail(anthropic)  # type: ignore[method-assign]
    Embeddings.create = fail(openai)  # type: ignore[method-assign]


def _page(app: Any) -> dict[str, Any]:
    elements = [element for block in (app.main, app.sidebar) for element in block]
    shown = [_shown(element) for element in elements if element.type not in _TYPED_IN]
    widgets = [element for element in elements if element.type in _TYPED_IN]
    error = "\n".join(f"{found.message}" for found in app.exception)
    return {
        "error": error,
        "text": "\n".join(text for text in shown if text),
        "labels": [_label(element) for element in widgets],
    }


def _shown(element: Any) -> str:
    value = getattr(element, "value", None)
    return "\n".join(str(part) for part in (_label(element), value) if part is not None and str(part))


def _label(element: Any) -> str:
    return str(getattr(element, "label", None) or getattr(element.proto, "label", "") or "") if element.proto else ""


def _main() -> None:
    from streamlit import env_util
    from streamlit.components.v2 import manifest_scanner
    from streamlit.testing.v1 import AppTest

    # Asked once a process for a warning that nobody sees here; it resolves every module's path, half a second.
    env_util.is_repl = lambda: False
    # Reads what every installed package says of itself to find others' components: a second for each session.
    manifest_scanner.scan_component_manifests = lambda *_: []
    steps = json.load(sys.stdin)
    sessions: dict[int, Any] = {}
    at, pages = 0, []
    for step in steps:
        if step[0] == "session":
            at = step[1]
        if at not in sessions:
            sessions[at] = AppTest.from_file(Path(sys.argv[1]).resolve(), default_timeout=60).run()
        if step[0] not in ("session", "open"):
            _take(sessions[at], step)
        pages.append(_page(sessions[at]))
    sys.stdout.write(f"\n{MARK}{json.dumps(pages)}\n")


if __name__ == "__main__":
    _main()
