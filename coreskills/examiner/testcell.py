"""Running one test cell here, with its prints, its last value and its error as notebook outputs."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import logging
import signal
import traceback
import types
import unittest
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import CO_COROUTINE
from typing import Any

from coreskills.examiner.deaths import CandidateLost, CellTimeout
from coreskills.examiner.names import Names

TEST_FILE = "<check>"
MAX_TEXT = 100_000
Output = dict[str, Any]


@dataclass
class Result:
    """What became of a test cell.

    Attributes:
        value: The last expression's value, when there is one; partial credit is read from it.
        error: What ended the cell early.
    """

    outputs: list[Output] = field(default_factory=list)
    has_value: bool = False
    value: Any = None
    error: BaseException | None = None


class _Tee(io.TextIOBase):
    """A stream that keeps order with what the candidate prints."""

    def __init__(self, names: Names, name: str) -> None:
        self._names, self._name = names, name

    def write(self, text: str) -> int:
        self._names.wall.outputs.append({"output_type": "stream", "name": self._name, "text": text})
        return len(text)

    def writable(self) -> bool:
        return True


def run(source: str, names: Names, *, seconds: float) -> Result:
    """Run a test cell to its end, its error, or its deadline."""
    result = Result()
    names.wall.allow(seconds)
    with _alarm(names, seconds), _captured(names), _failures_of_unittest() as failures:
        try:
            _execute(source, names, result)
            if failures:
                raise AssertionError(f"unittest: {failures[0]}")
        except (CellTimeout, CandidateLost) as error:
            result.error = error
        except BaseException as error:  # noqa: BLE001 - whatever a check raises is its result, SystemExit too
            result.error = error
    result.outputs = merge(names.wall.take_outputs())
    if result.error is not None:
        result.outputs.append(error_output(result.error, source))
    elif result.has_value:
        result.outputs.append(_value_output(result.value))
    return result


def _execute(source: str, names: Names, result: Result) -> None:
    tree = ast.parse(source, TEST_FILE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_quiet(source) else None
    if tree.body:
        _evaluate(compile(tree, TEST_FILE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if isinstance(last, ast.Expr):
        code = compile(ast.Expression(last.value), TEST_FILE, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result.value = _evaluate(code, names)
        result.has_value = result.value is not None


def _is_quiet(source: str) -> bool:
    return source.rstrip().endswith(";")


def _evaluate(code: types.CodeType, names: Names) -> Any:
    if code.co_flags & CO_COROUTINE:
        return asyncio.run(eval(code, names))  # noqa: S307 - the instructor's text
    return eval(code, names)  # noqa: S307 - the instructor's text


@contextlib.contextmanager
def _alarm(names: Names, seconds: float) -> Iterator[None]:
    """Stop a check that loops by itself; while it waits for the candidate, the wall watches the clock."""

    def ring(number: int, frame: Any) -> None:
        if not names.wall.is_listening:
            raise CellTimeout
        signal.setitimer(signal.ITIMER_REAL, 1.0)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds + 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _captured(names: Names) -> Iterator[None]:
    out, err = _Tee(names, "stdout"), _Tee(names, "stderr")
    handler = logging.StreamHandler(err)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("default")
            yield
    finally:
        root.removeHandler(handler)


@contextlib.contextmanager
def _failures_of_unittest() -> Iterator[list[str]]:
    """Notice a failed unittest run whose result the check does not look at: unittest only prints."""
    failures: list[str] = []
    runner_class: Any = unittest.TextTestRunner
    run_suite = runner_class.run

    def watched(runner: Any, suite: Any) -> Any:
        outcome = run_suite(runner, suite)
        if not outcome.wasSuccessful():
            failures.append(f"{len(outcome.failures)} failed, {len(outcome.errors)} errors of {outcome.testsRun}")
        return outcome

    runner_class.run = watched
    try:
        yield failures
    finally:
        runner_class.run = run_suite


def merge(rows: list[Output]) -> list[Output]:
    """Join neighbouring texts of the same stream, and cut what is too long."""
    merged: list[Output] = []
    used = 0
    for row in rows:
        if row.get("output_type") == "stream":
            text = str(row["text"])[: max(0, MAX_TEXT - used)]
            used += len(text)
            if merged and merged[-1].get("output_type") == "stream" and merged[-1]["name"] == row["name"]:
                merged[-1]["text"] += text
            elif text:
                merged.append({"output_type": "stream", "name": row["name"], "text": text})
        elif row.get("output_type") in ("display_data", "execute_result"):
            merged.append({"output_type": "display_data", "data": row["data"], "metadata": row.get("metadata", {})})
    return merged


def error_output(error: BaseException, source: str) -> Output:
    """Write an error as a notebook does: the line of the check, the learner's frames, the message."""
    name, text = type(error).__name__, text_of(error)
    lines = [f"{name}: {text}"]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == TEST_FILE]
    rows = source.splitlines()
    shown = [
        f"check, line {f.lineno}: {rows[f.lineno - 1].strip()}" for f in frames if f.lineno and f.lineno <= len(rows)
    ]
    theirs = error.__dict__.get("_coreskills_trace", "") if hasattr(error, "__dict__") else ""
    trace = [*shown, *([theirs] if theirs else []), *lines]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": trace}


def _value_output(value: Any) -> Output:
    data = {"text/plain": _repr(value)}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}


def _repr(value: Any) -> str:
    try:
        return repr(value)[:10_000]
    except (CellTimeout, CandidateLost):
        raise
    except Exception:  # noqa: BLE001 - some object's own __repr__
        return f"<{type(value).__name__}>"


def text_of(error: BaseException) -> str:
    """The error's own text, whatever its class makes of it."""
    try:
        return str(error)[:20_000]
    except Exception:  # noqa: BLE001 - some object's own __str__
        return f"<{type(error).__name__} whose text cannot be read>"
