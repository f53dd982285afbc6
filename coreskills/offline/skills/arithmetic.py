"""Exact arithmetic on what the prompt itself says: ``17 * 23``, "15 % of 240"."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext

from coreskills.offline.seeded import uniform
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import Tier

MAX_CHARS = 200
_OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_WORDED = (
    (re.compile(r"(?<=\d)[ ]*(?:times|multiplied by|x|\u00d7)[ ]*(?=[\d(])", re.I), "*"),
    (re.compile(r"(?<=\d)[ ]*(?:divided by|over|÷)[ ]*(?=[\d(])", re.I), "/"),
    (re.compile(r"(?<=\d)[ ]*plus[ ]*(?=[\d(])", re.I), "+"),
    (re.compile(r"(?<=\d)[ ]*(?:minus|\u2212|\u2013)[ ]*(?=[\d(])", re.I), "-"),
)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)\s*(?:out )?of\s*[€$£]?\s*(\d+(?:\.\d+)?)", re.I)
_NUMBER = r"\d+(?:\.\d+)?"
_ADDED = re.compile(
    rf"\b(?:add|sum|total)\b[^\d\n]{{0,20}}({_NUMBER}(?:(?:, ?(?:and )?| and | to ){_NUMBER}){{1,9}})\b", re.I
)
_EXPRESSION = re.compile(r"\(*[ ]*-?\d+(?:\.\d+)?(?:[ ]*\)*[ ]*[-+*/][ ]*\(*[ ]*-?\d+(?:\.\d+)?)+[ ]*\)*")


def find(text: str) -> tuple[str, Decimal] | None:
    """The expression a short text asks for and its value; ``None`` when it asks for none."""
    if not 3 <= len(text) <= MAX_CHARS or not re.search(r"\d", text):
        return None
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    if match := _PERCENT.search(plain):
        return match[0], Decimal(match[1]) * Decimal(match[2]) / 100
    if match := _ADDED.search(plain):
        numbers = re.findall(_NUMBER, match[1])
        return " + ".join(numbers), sum(map(Decimal, numbers), Decimal(0))
    for pattern, sign in _WORDED:
        plain = pattern.sub(f" {sign} ", plain)
    asks = re.search(r"(?i)what|how much|calculate|compute|work out|solve|evaluate|add|sum|=|equals|result", text)
    for match in _EXPRESSION.finditer(plain):
        expression = match[0].strip()
        looks_dated = re.fullmatch(r"\d{4}-\d\d-\d\d|\d+/\d+/\d+|\d+-\d+", expression)
        if (asks or expression == plain.strip(" =?.")) and not looks_dated:
            value = _evaluate(expression)
            if value is not None:
                return " ".join(expression.split()), value
    return None


def _evaluate(expression: str) -> Decimal | None:
    try:
        tree = ast.parse(re.sub(r"\b0+(?=\d)", "", expression), mode="eval")
        with localcontext() as context:
            context.prec = 28
            return _value(tree.body)
    except (SyntaxError, ValueError, DivisionByZero, InvalidOperation, RecursionError):
        return None


def _value(node: ast.expr) -> Decimal:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError(f"not arithmetic: {ast.dump(node)[:60]}")


def shown(value: Decimal) -> str:
    """At most six decimals, no trailing zeros, no exponent."""
    rounded = round(value, 6)
    return f"{rounded.normalize():f}"


def run(task: Task, tier: Tier) -> Answer:
    """Say the value; the small tier slips on long products, as small models do."""
    found = find(task.question) or find(task.last)
    if found is None:
        raise ValueError("routing found an expression, the skill none")
    expression, value = found
    if tier.level == 1 and abs(value) >= 1000 and uniform("slip", expression) < 0.4:
        value += 10 if uniform("way", expression) < 0.5 else -10
    text = shown(value) if task.form == "label" else f"{expression} = {shown(value)}"
    return Answer(text, notes={"expression": expression})
