"""From a prompt's turns to plain parts: system text, the last message, history, pictures, tool results."""

from __future__ import annotations

from coreskills.offline.prompt import Image, Prompt, Text, ToolCall, ToolResult, Turn
from coreskills.offline.task import Source, Task


def collect(prompt: Prompt) -> Task:
    """A task with everything that needs no reading of words."""
    task = Task(prompt=prompt, system=prompt.system)
    turns = [turn for turn in prompt.turns if turn.role != "system"]
    late = [text for turn in prompt.turns if turn.role == "system" and (text := _text(turn))]
    task.system = "\n".join(part for part in [prompt.system, *late] if part)
    if turns and turns[-1].role == "assistant" and not _calls(turns[-1]):
        task.prefill = _text(turns.pop())
    tail = _tail(turns)
    task.last = "\n".join(text for turn in turns[tail:] if (text := _text(turn)))
    for turn in turns[tail:]:
        for block in turn.blocks:
            _take(task, block)
    task.history = [(turn.role, text) for turn in turns[:tail] if (text := _text(turn))]
    task.called = [call for turn in turns for call in _calls(turn)]
    if task.results and not task.last:
        task.last = next((text for role, text in reversed(task.history) if role == "user"), "")
    return task


def _tail(turns: list[Turn]) -> int:
    """Where the last message of the user begins: turns of one role count as one, as providers merge them."""
    at = len(turns)
    while at and turns[at - 1].role in ("user", "tool"):
        at -= 1
    return at


def _text(turn: Turn) -> str:
    return "\n".join(block.text for block in turn.blocks if isinstance(block, Text) and block.title is None)


def _calls(turn: Turn) -> list[ToolCall]:
    return [block for block in turn.blocks if isinstance(block, ToolCall)]


def _take(task: Task, block: object) -> None:
    if isinstance(block, Image):
        task.images.append(block)
    elif isinstance(block, ToolResult):
        task.results.append((block.text, block.is_error))
    elif isinstance(block, Text) and block.title is not None:
        task.sources.append(Source(str(len(task.sources) + 1), block.title, block.text))
