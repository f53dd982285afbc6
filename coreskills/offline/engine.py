"""One call: understand, check limits, run the skill, cut and stop as the provider would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from coreskills.offline import tokens
from coreskills.offline.asking import routing
from coreskills.offline.asking.understand import understand
from coreskills.offline.catalogue import ModelInfo
from coreskills.offline.prompt import Completion, Image, Prompt, PromptError, StopReason, Text, ToolCall, ToolResult
from coreskills.offline.skills import answer, arithmetic, chat, classify, extract, judge, look, refuse, summarise, tools
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import TIERS, Tier
from coreskills.offline.vectors import Embedder

PER_TURN, PER_REQUEST, IMAGE_TOKENS = 4, 3, 258


def complete(prompt: Prompt, info: ModelInfo, embedder: Embedder) -> Completion:
    """Answer a prompt whose model is known to be offered.

    Raises:
        PromptError: The prompt passes a limit of the model.
    """
    if info.tier is None:
        raise PromptError(400, "invalid_request", f"{info.id} does not write text.")
    tier = TIERS[info.tier]
    n_input = count_input(prompt)
    _check_limits(prompt, info, n_input)
    task = understand(prompt, embedder)
    task.draw = _draw(prompt)
    made = tools.run(task, embedder, tier) if task.skill == "tool" else None
    if made is None:
        if task.skill == "tool":
            routing.without_tools(task, embedder)
        made = run(task, embedder, tier)
    if task.schema is not None and not (made.calls or made.refused) and not _obeys(made.text, task.schema):
        made = _in_schema(task, made, tier)
    return _finish(prompt, info, task, made, n_input)


def _obeys(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text is a JSON object with all that the schema requires."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and set(schema.get("required", [])) <= set(value)


def _in_schema(task: Task, made: Answer, tier: Tier) -> Answer:
    """What would be talk, in the form that the provider enforces: the schema's fields, filled from the prompt."""
    if not task.schema or not task.schema.get("properties"):
        return replace(made, text=json.dumps({"text": made.text}, ensure_ascii=False))
    task.skill = "extract"
    return extract.run(task, tier)


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Carry out the skill that was chosen."""
    match task.skill:
        case "answer":
            return answer.run(task, embedder, tier)
        case "arithmetic":
            return arithmetic.run(task, tier)
        case "classify":
            return classify.run(task, embedder, tier)
        case "closed_book":
            return chat.closed_book(task, embedder, tier)
        case "compare":
            return judge.compare(task, embedder, tier)
        case "extract":
            return extract.run(task, tier)
        case "judge":
            return judge.run(task, embedder, tier)
        case "look":
            return look.run(task, embedder, tier)
        case "refuse":
            return refuse.run(task)
        case "report":
            return tools.report(task, tier)
        case "summarise":
            return summarise.run(task, embedder, tier)
        case "ask_back":
            return chat.ask_back(task)
        case _:
            return chat.run(task, embedder, tier)


def count_input(prompt: Prompt) -> int:
    """Tokens of a prompt, overhead of turns and tools included."""
    texts = [prompt.system]
    n = PER_REQUEST + PER_TURN * len(prompt.turns)
    for turn in prompt.turns:
        for block in turn.blocks:
            if isinstance(block, Image):
                n += IMAGE_TOKENS
            elif isinstance(block, Text):
                texts += [block.title or "", block.text]
            elif isinstance(block, ToolCall):
                texts.append(block.name + json.dumps(dict(block.arguments), ensure_ascii=False))
            elif isinstance(block, ToolResult):
                texts.append(block.text)
    texts += [
        f"{tool.name} {tool.description} {json.dumps(dict(tool.schema), ensure_ascii=False)}" for tool in prompt.tools
    ]
    return n + sum(tokens.count(text, model=prompt.model) for text in texts if text)


def _check_limits(prompt: Prompt, info: ModelInfo, n_input: int) -> None:
    """Refuse in the provider's own words, before anything is read."""
    room = info.context_tokens
    if n_input > room:
        if info.provider == "anthropic":
            raise PromptError(400, "context_length", f"prompt is too long: {n_input} tokens > {room} maximum")
        raise PromptError(
            400,
            "context_length",
            f"This model's maximum context length is {room} tokens. However, your messages resulted "
            f"in {n_input} tokens. "
            "Please reduce the length of the messages.",
        )
    asked, most = prompt.max_tokens, info.max_output_tokens
    if asked is not None and asked > most:
        if info.provider == "anthropic":
            text = (
                f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for {prompt.model}"
            )
        else:
            text = (
                f"max_tokens is too large: {asked}. This model supports at most {most} completion "
                f"tokens, whereas you provided {asked}."
            )
        raise PromptError(400, "invalid_request", text)


def _draw(prompt: Prompt) -> str | None:
    """What chance depends on: nothing at temperature 0, the seed if given, else the request and how often it came."""
    if prompt.temperature <= 0 or (prompt.top_p is not None and prompt.top_p <= 0.01):
        return None
    said = [(turn.role, [_key(block) for block in turn.blocks]) for turn in prompt.turns]
    base: list[Any] = [prompt.model, prompt.system, said, prompt.temperature]
    base.append(["seed", prompt.seed] if prompt.seed is not None else ["repetition", prompt.repetition])
    return hashlib.blake2b(json.dumps(base, ensure_ascii=False).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _key(block: object) -> str:
    if isinstance(block, Image):
        return hashlib.blake2b(block.data, digest_size=8).hexdigest()
    return repr(block)


@dataclass(frozen=True)
class _Cut:
    text: str
    n: int
    reason: StopReason
    sequence: str | None = None


def _finish(prompt: Prompt, info: ModelInfo, task: Task, made: Answer, n_input: int) -> Completion:
    text = made.text
    prefill = task.prefill.rstrip()
    if prefill and text.startswith(prefill.strip()):
        text = text[len(prefill.strip()) :]
    cut = _cut(text, prompt)
    calls = (
        ()
        if cut.reason in ("max_tokens", "stop_sequence")
        else tuple(_call(prompt, info, i, *c) for i, c in enumerate(made.calls))
    )
    reason: StopReason = "tool_use" if calls else "refusal" if made.refused and cut.reason == "end" else cut.reason
    n_output = cut.n + sum(
        tokens.count(call.name + json.dumps(dict(call.arguments)), model=prompt.model) + 8 for call in calls
    )
    blocks: tuple[Text | ToolCall, ...] = (*((Text(cut.text),) if cut.text else ()), *calls)
    notes = {**made.notes, "certainty": round(task.certainty, 4)}
    return Completion(
        blocks,
        reason,
        n_input,
        max(1, n_output),
        stop_sequence=cut.sequence,
        tokens_estimated=not tokens.is_exact(prompt.model),
        skill=task.skill,
        notes=notes,
    )


def _cut(text: str, prompt: Prompt) -> _Cut:
    """Stop at the first stop sequence, or after ``max_tokens``, whichever comes first in the text."""
    hits = [(at, stop) for stop in prompt.stop if stop and (at := text.find(stop)) >= 0]
    at, sequence = min(hits, default=(len(text), None))
    short, n, was_cut = tokens.cut(text[:at], prompt.max_tokens or 10**9, model=prompt.model)
    if was_cut:
        return _Cut(short, n, "max_tokens")
    return _Cut(short, n, "stop_sequence" if sequence is not None else "end", sequence)


def _call(prompt: Prompt, info: ModelInfo, number: int, name: str, arguments: Mapping[str, Any]) -> ToolCall:
    """A tool call whose id depends on the request only, and begins as the provider's do."""
    base = json.dumps(
        [prompt.model, prompt.repetition, number, name, dict(arguments), len(prompt.turns)], sort_keys=True, default=str
    )
    digest = hashlib.blake2b(base.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return ToolCall(f"{'toolu' if info.provider == 'anthropic' else 'call'}_{digest}", name, arguments)
