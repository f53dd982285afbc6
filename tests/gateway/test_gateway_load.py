"""Under load and under the axe: no error, no leak, no answered call forgotten."""

from __future__ import annotations

import pytest

from coreskills.bench import gateway

pytestmark = pytest.mark.slow


def test_killed_service_forgets_no_answered_call() -> None:
    """SIGKILL while sixteen clients call, plain and streaming: what they got is in the ledger."""
    assert gateway.rows_lost(seconds=2).ok


def test_many_streams_at_once_without_error() -> None:
    """Fifty clients for some seconds, and memory that stays; `coreskills bench gateway` does 200 for 30 s."""
    errors, memory = gateway.streams(n=50, seconds=6)
    assert errors.ok, errors
    assert memory.value < 1.3 * (memory.reference or 0)
