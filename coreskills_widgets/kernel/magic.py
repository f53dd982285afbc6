"""``%coreskills``: what this notebook spends, what answers it, and what went over the wire."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from coreskills_widgets.format import badge_words, counted, duration, money, percent, tokens, visible
from coreskills_widgets.kernel import calls
from coreskills_widgets.kernel.calls import GatewayAway, GatewayClient, Row
from coreskills_widgets.widgets.spend import cost_words, total_words

_MOST_TEXT = 2000
NO_GATEWAY = """\
This kernel has no gateway: your calls go straight to the provider, with your own key, and nothing here counts them.
To have a gateway on this computer, close JupyterLab and start it with:  coreskills lab"""
AWAY = """\
The gateway does not answer right now ({reason}).
Your notebook works; calls to a model will fail until it is back. Nothing is lost: run this again in a moment."""
NO_CALLS = """\
No calls yet. Run a cell that calls a model, for example:
    import anthropic
    anthropic.Anthropic().messages.create(
        model="claude-haiku-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hello!"}])"""
_NO_LIVE = """
This notebook has no live key. In a classroom, ask your instructor; on your own computer: coreskills lab --live"""
HELP = """\
%coreskills status         lab, what answers, budget
%coreskills spend          what was spent, by model and by cell
%coreskills budget         what is left, in money and in calls
%coreskills mode           what answers now
%coreskills mode offline   the course's own stand-in models: no key, nothing charged
%coreskills mode live      the real models, where your course has a key
%coreskills trace          the last calls, one a line
%coreskills trace 12       call 12: what was sent and what came back"""


def status(client: GatewayClient, _words: Sequence[str]) -> str:
    """Lab, what answers, budget."""
    now = client.status()
    lines = [
        f"Lab      {now.get('lab') or 'none'}",
        f"Answers  {_backend(now)}",
        f"Calls    {int(now.get('n_calls') or 0):,}",
        f"Spent    {_of_budget(now)}",
    ]
    return "\n".join(lines)


def spend(client: GatewayClient, _words: Sequence[str]) -> str:
    """What was spent, by model and by cell."""
    rows = client.calls()
    if not rows:
        return NO_CALLS
    sources = _count(rows, "source")
    total = f"{total_words(rows)} in {counted(len(rows), 'call')}, {badge_words(sources)}"
    charged = "" if sources.get("live") else " (nothing charged)"
    return "\n\n".join(
        [
            total + charged,
            _table("By model", rows, key=lambda row: str(row.get("model") or row.get("endpoint"))),
            _table("By cell", rows, key=lambda row: str(row.get("cell_label") or "outside a cell")),
        ]
    )


def budget(client: GatewayClient, _words: Sequence[str]) -> str:
    """What is left, in money and in calls."""
    now = client.status()
    if now.get("budget_usd") is None:
        return f"This lab has no budget. Spent so far: {money(now.get('spent_usd') or '0')}."
    left = Decimal(now["budget_usd"]) - Decimal(now.get("spent_usd") or "0")
    if left <= 0:
        over = f" ({money(-left)} over)" if left < 0 else ""
        return f"Budget spent: {_of_budget(now)}{over}. Calls are refused (429) from now on.\nAsk your instructor."
    last = [Decimal(row["cost_usd"]) for row in client.calls()[-10:] if row.get("cost_usd")]
    mean = sum(last, Decimal(0)) / len(last) if last else Decimal(0)
    like = f", about {counted(int(left / mean), 'call')} like the last {len(last)}" if mean else ""
    return f"{money(left)} left of {money(now['budget_usd'])}{like}."


def mode(client: GatewayClient, words: Sequence[str]) -> str:
    """What answers; or ask for another."""
    if not words:
        return f"{_backend(client.status())}\nChange it:  %coreskills mode offline   or   %coreskills mode live"
    if words[0] not in ("offline", "live"):
        return f"There is no mode {words[0]!r}. Choose offline or live."
    try:
        answer = client.mode(words[0])
    except GatewayAway as refusal:
        if refusal.status not in (400, 403, 404, 409, 422):
            raise
        return f"Nothing changed: {_backend(client.status())}. {_NO_LIVE if words[0] == 'live' else refusal}"
    return f"From now on: {_backend({**client.status(), **answer})}"


def trace(client: GatewayClient, words: Sequence[str]) -> str:
    """The last calls; or one, with both bodies."""
    if words and not words[0].isdigit():
        return f"{words[0]!r} is not the number of a call. List them:  %coreskills trace"
    if words:
        try:
            return _told(client.trace(words[0]))
        except GatewayAway as refusal:
            if refusal.status != 404:
                raise
            return f"There is no call {words[0]} to show: the gateway keeps the last ones of this notebook only."
    rows = client.calls()[-20:]
    if not rows:
        return NO_CALLS
    return "\n".join([*(_line(row) for row in rows), "", f"To read one:  %coreskills trace {rows[-1].get('id')}"])


VERBS: dict[str, Callable[[GatewayClient, Sequence[str]], str]] = {
    "status": status,
    "spend": spend,
    "budget": budget,
    "mode": mode,
    "trace": trace,
}


def answer(line: str) -> str:
    """What ``%coreskills LINE`` prints; never raises for a gateway that is not there."""
    verb, *words = line.split() or ["status"]
    if verb in ("help", "-h", "--help"):
        return HELP
    if verb not in VERBS:
        return f"There is no `%coreskills {verb}`. There are:\n{HELP}"
    try:
        client = calls.client()
    except GatewayAway:
        return NO_GATEWAY
    try:
        return VERBS[verb](client, words)
    except GatewayAway as away:
        return AWAY.format(reason=away)


def register(shell: Any) -> None:
    """Add the magic, and completion of its words."""

    def coreskills(line: str) -> None:
        """What this notebook spends, what answers it, and what went over the wire. Try: %coreskills help"""
        print(answer(line))  # noqa: T201 - a magic prints its answer

    shell.register_magic_function(coreskills, "line", "coreskills")
    shell.set_hook("complete_command", _complete, str_key="%coreskills")


def _complete(_completer: Any, event: Any) -> list[str]:
    words = event.line.split()[1:]
    return ["offline", "live"] if words[:1] == ["mode"] else [*VERBS, "help"]


def _backend(now: Row) -> str:
    words = {
        "offline": "offline: the course's stand-in models (nothing charged)",
        "replay": "recorded answers (nothing charged)",
        "live": "live: the real models",
    }
    name = str(now.get("mode") or now.get("backend") or "")
    return words.get(name, name or "unknown")


def _of_budget(now: Row) -> str:
    spent = str(now.get("spent_usd") or "0")
    if now.get("budget_usd") is None:
        return money(spent)
    return f"{money(spent)} of {money(now['budget_usd'])}, {percent(spent, now['budget_usd'])} %"


def _count(rows: Sequence[Row], name: str) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[str(row.get(name))] += 1
    return dict(found)


def _table(title: str, rows: Sequence[Row], *, key: Callable[[Row], str]) -> str:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    lines = []
    for name, group in groups.items():
        read, written = (sum(int(row.get(field) or 0) for row in group) for field in ("input_tokens", "output_tokens"))
        lines.append(
            (name, counted(len(group), "call"), f"{tokens(read)} in, {tokens(written)} out", total_words(group))
        )
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    body = [
        "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]]) for line in lines
    ]
    return "\n".join([title, *(f"  {line}" for line in body)])


def _line(row: Row) -> str:
    when = f"{duration(row.get('latency_ms'))}{' (recorded)' if row.get('source') == 'recorded' else ''}"
    model = row.get("model") or row.get("endpoint")
    return f"{row.get('id'):>6}  {row.get('status')}  {model}  {cost_words(row)}  {when}  {row.get('source')}"


def _told(call: Row) -> str:
    request, response = call.get("request") or {}, call.get("response") or {}
    parts = [
        _line(call) if "id" in call else "",
        f"{call.get('method', 'POST')} {call.get('url') or call.get('endpoint', '')}",
        "You sent:\n" + _cut(request.get("body")),
        "It answered:\n" + _cut(response.get("body")),
    ]
    return "\n\n".join(part for part in parts if part)


def _cut(body: Any) -> str:
    if body is None:
        return "(the gateway no longer has it)"
    text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    if isinstance(body, str):
        try:
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        except ValueError:
            text = body
    text = visible(text)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\n... {len(text) - _MOST_TEXT:,} more characters"
