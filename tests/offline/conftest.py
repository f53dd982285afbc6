"""Offline models shared by the tests, with vectors kept for the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Completion, Prompt, Text, Turn

Say = Callable[..., Completion]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineModels]:
    """Real models; MiniLM's weights must be installed."""
    made = OfflineModels(tmp_path_factory.mktemp("vectors"))
    assert made.encoder == "minilm-l6-v2"
    yield made
    made.close()


@pytest.fixture(scope="session")
def say(models: OfflineModels) -> Say:
    """Ask with one user message; keyword arguments go to ``Prompt``."""

    def ask(user: str, *, model: str = "claude-opus-5-5", **options: object) -> Completion:
        return models.complete(Prompt(model=model, turns=(Turn("user", (Text(user),)),), **options))  # type: ignore[arg-type]

    return ask


def text_of(completion: Completion) -> str:
    """The text blocks of an answer, joined."""
    return "".join(block.text for block in completion.blocks if isinstance(block, Text))
