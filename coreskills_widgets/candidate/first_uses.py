"""First uses of libraries, made by the warm parent: what is slow only once is then slow for no candidate."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable
from typing import Any

_NOWHERE = "http://127.0.0.1:9"
_MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "model": "none", "content": [{"type": "text", "text": ""}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 0, "output_tokens": 0},
}  # fmt: skip
_CHAT = {
    "id": "c", "object": "chat.completion", "created": 0, "model": "none",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ""}}],
    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
}  # fmt: skip
_EMBEDDINGS = {
    "object": "list", "model": "none", "data": [{"object": "embedding", "index": 0, "embedding": [0.0]}],
    "usage": {"prompt_tokens": 0, "total_tokens": 0},
}  # fmt: skip


def preload(names: tuple[str, ...]) -> None:
    """Import what learner code will import; what is not installed is not missed."""
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                importlib.import_module(name)
            except ImportError:
                continue


def _anthropic() -> None:
    import anthropic

    client = anthropic.Anthropic(api_key="none", base_url=_NOWHERE, http_client=_answering(_MESSAGE))
    client.messages.create(model="none", max_tokens=1, messages=[{"role": "user", "content": ""}])
    anthropic.Anthropic(api_key="none", base_url=_NOWHERE).close()


def _openai() -> None:
    import openai

    for answer in (_CHAT, _EMBEDDINGS):
        client = openai.OpenAI(api_key="none", base_url=_NOWHERE, http_client=_answering(answer))
        if answer is _CHAT:
            client.chat.completions.create(model="none", messages=[{"role": "user", "content": ""}])
        else:
            client.embeddings.create(model="none", input="", encoding_format="float")
    openai.OpenAI(api_key="none", base_url=_NOWHERE).close()


def _answering(document: dict[str, Any]) -> Any:
    """A client of the SDKs' own HTTP library that asks nobody."""
    import httpx2

    return httpx2.Client(transport=httpx2.MockTransport(lambda request: httpx2.Response(200, json=document)))


# Made before the first fork that asks for them, since many labs do without.
ON_REQUEST: dict[str, Callable[[], None]] = {
    "plot": lambda: preload(("matplotlib_inline.backend_inline",)),
    "pypdf": lambda: preload(("pypdf",)),
    "streamlit": lambda: preload(("streamlit.testing.v1",)),
    "anthropic": _anthropic,
    "openai": _openai,
}
_made: set[str] = set()


def make(names: list[str]) -> bool:
    """Make the first uses that nobody has made yet; returns whether there were any."""
    missing = [name for name in names if name not in _made]
    for name in missing:
        _made.add(name)
        with contextlib.suppress(Exception):  # a library of another version: its first use is the candidate's
            ON_REQUEST[name]()
    return bool(missing)
