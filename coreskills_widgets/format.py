"""How numbers read everywhere: money, tokens, time, percent, dates.

``ui/src/shared/format.ts`` is its twin; ``ui/src/shared/format.cases.json`` tests both.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "price unknown"
_SMALLEST = Decimal("0.000001")
_SOURCES = ("offline", "recorded", "live")


def money(usd: Decimal | str | None) -> str:
    """Write dollars: two decimals from $1 up, else up to three significant digits; never a cost as zero."""
    if usd is None:
        return UNKNOWN
    amount = Decimal(usd)
    if _is_tiny(amount):
        return f"< ${_SMALLEST}"
    return _dollars(amount, decimals=_decimals(amount))


def money_spoken(usd: Decimal | str | None) -> str:
    """Say dollars, for a screen reader."""
    if usd is None:
        return UNKNOWN
    amount = Decimal(usd)
    if _is_tiny(amount):
        return f"less than {_plain(_SMALLEST * 100)} cents"
    sign, size = ("minus " if amount < 0 else ""), _round(abs(amount), _decimals(amount))
    if size >= 1:
        return f"{sign}{size:,.2f} dollars"
    cents = _plain(size * 100)
    return f"{sign}{cents} {'cent' if cents == '1' else 'cents'}"


def money_column(values: Sequence[Decimal | str | None]) -> list[str]:
    """Write one column of dollars with equal decimals, zeros filled in."""
    amounts = [None if value is None else Decimal(value) for value in values]
    shown = [amount for amount in amounts if amount is not None and not _is_tiny(amount)]
    decimals = max((_decimals(amount) for amount in shown), default=2)
    return [
        money(amount) if amount is None or _is_tiny(amount) else _dollars(amount, decimals=decimals)
        for amount in amounts
    ]


def money_total(priced_usd: Decimal | str, *, n_unpriced: int = 0, n_estimated: int = 0, n_calls: int = -1) -> str:
    """Write a sum that may miss calls without a price, or hold estimates.

    Args:
        n_calls: All calls; when none of them has a price, the sum says nothing. Negative: not known.
    """
    if n_unpriced and n_unpriced == n_calls:
        return UNKNOWN
    text = money(priced_usd)
    if n_unpriced:
        return f"at least {text} ({n_unpriced} {plural(n_unpriced, 'call')} without a price)"
    return f"~{text} (estimated)" if n_estimated else text


def tokens(count: int) -> str:
    """Write a count: in full below 10,000, then ``12.3k``, ``1.24M``."""
    if count < 10_000:
        return f"{count:,}"
    for unit, name in ((1_000, "k"), (1_000_000, "M"), (1_000_000_000, "B")):
        decimals = 2 if count < 10 * unit else 1 if count < 100 * unit else 0
        size = _round(Decimal(count) / unit, decimals)
        if size < 1000 or name == "B":
            return f"{size:,}{name}"
    raise AssertionError("unreachable")


def duration(ms: float | None) -> str:
    """Write a time: ``840 ms``, ``3.42 s``, ``14.2 s``, ``2 min 05 s``."""
    if ms is None:
        return "no time"
    number, unit = _clocked(ms)
    return f"{number} {unit}" if unit in ("ms", "s") else number


def duration_spoken(ms: float | None) -> str:
    """Say a time, for a screen reader."""
    if ms is None:
        return "no time"
    number, unit = _clocked(ms)
    if unit in ("min", "h"):
        first, second = number.split()[0], str(int(number.split()[2]))
        names = ("minute", "second") if unit == "min" else ("hour", "minute")
        return f"{first} {plural(int(first), names[0])} {second} {plural(int(second), names[1])}"
    name = {"ms": "millisecond", "s": "second"}[unit]
    said = number.replace("< ", "less than ")
    return f"{said} {name if said.endswith(' 1') or said == '1' else name + 's'}"


def percent(part: Decimal | str, whole: Decimal | str) -> int:
    """Compare, rounded down, so that 99.9 is never 100; nothing of nothing is all."""
    size = Decimal(whole)
    return math.floor(Decimal(part) * 100 / size) if size > 0 else 100


def score(value: float | None) -> str:
    """Write a retrieval score with three decimals."""
    if value is None or not math.isfinite(value):
        return "no score"
    return "< 0.001" if 0 < value < 0.0005 else f"{value:.3f}"


def date(utc: datetime, *, now: datetime, zone: tzinfo = UTC) -> str:
    """Write a date and how far off it is: ``Fri 14 Nov, 23:59 (in 2 days)``."""
    local = utc.astimezone(zone)
    year = f" {local.year}" if local.year != now.astimezone(zone).year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M} ({_distance((utc - now).total_seconds())})"


def clock(utc: datetime, *, zone: tzinfo | None = None) -> str:
    """Write the time of day, in the learner's zone unless told."""
    return f"{utc.astimezone(zone):%H:%M}"


def badge_words(sources: Mapping[str, int]) -> str:
    """Say where answers came from: ``offline``, or ``3 offline, 1 live``."""
    present = [(name, sources[name]) for name in _SOURCES if sources.get(name, 0) > 0]
    if len(present) == 1:
        return present[0][0]
    return ", ".join(f"{count} {name}" for name, count in present)


def plural(count: int, noun: str) -> str:
    """Add the ``s``."""
    return noun if count == 1 else noun + "s"


def counted(count: int, noun: str) -> str:
    """Write how many: ``1 call``, ``1,000 calls``."""
    return f"{count:,} {plural(count, noun)}"


def visible(text: str) -> str:
    """Show control characters instead of obeying them; tabs and line ends stay."""
    return text if text.isprintable() else "".join(_visible_char(char) for char in text)


def _visible_char(char: str) -> str:
    code = ord(char)
    if char in "\t\n\r":
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0 or (unicodedata.category(char) == "Cf" and code != 0x200D):
        return f"[U+{code:04X}]"
    return char


def _is_tiny(amount: Decimal) -> bool:
    return 0 < amount < _SMALLEST


def _decimals(amount: Decimal) -> int:
    size = abs(amount)
    if size >= 1 or size == 0:
        return 2
    three_digits = 2 - size.adjusted()
    text = _plain(_round(size, three_digits))
    return max(2, len(text.partition(".")[2]))


def _dollars(amount: Decimal, *, decimals: int) -> str:
    return f"{'-' if amount < 0 else ''}${_round(abs(amount), decimals):,.{decimals}f}"


def _round(amount: Decimal, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _clocked(ms: float) -> tuple[str, str]:
    exact = Decimal(repr(ms))
    if 0 < exact < Decimal("0.5"):
        return "< 1", "ms"
    if (whole := _round(exact, 0)) < 1000:
        return str(whole), "ms"
    for decimals, below in ((2, 10), (1, 60)):
        if (seconds := _round(exact / 1000, decimals)) < below:
            return str(seconds), "s"
    minutes, rest = divmod(int(_round(exact / 1000, 0)), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s", "min"
    return f"{minutes // 60} h {minutes % 60:02d} min", "h"


def _distance(seconds: float) -> str:
    size = abs(seconds)
    if size < 60:
        return "now"
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "min")):
        if size >= unit:
            count = int(size // unit)
            words = f"{count} {name if name == 'min' else plural(count, name)}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    raise AssertionError("unreachable")
