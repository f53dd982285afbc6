"""How long a provider would have taken: data on the answer, never slept."""

from __future__ import annotations

import hashlib

from coreskills.gateway.incoming import Incoming, Tokens
from coreskills.ledger.call import MODEL_ENDPOINTS
from coreskills.offline.catalogue import BY_ID

# Orders of magnitude of mid-2026's APIs, chosen for the course: first token, then per token written, in milliseconds.
_FIRST_MS = {"small": 350, "medium": 650, "large": 1100}
_PER_TOKEN_MS = {"small": 7, "medium": 14, "large": 24}
_PER_1000_READ_MS = 25
_SPREAD = 0.25  # up or down, the same for the same request


def modelled_latency_ms(incoming: Incoming, tokens: Tokens) -> int:
    """Milliseconds, the same for the same request everywhere."""
    if incoming.endpoint not in MODEL_ENDPOINTS:
        return 60
    info = BY_ID.get(incoming.model or "")
    tier = info.tier if info and info.tier else "small"
    if incoming.endpoint in ("embeddings", "rerank"):
        mean = 120 + tokens.read * _PER_1000_READ_MS / 1000
    else:
        mean = _FIRST_MS[tier] + tokens.written * _PER_TOKEN_MS[tier] + tokens.read * _PER_1000_READ_MS / 1000
    seed = hashlib.sha256(incoming.wire.body + bytes([incoming.repetition % 256])).digest()
    share = int.from_bytes(seed[:4], "big") / 2**32
    return round(mean * (1 + _SPREAD * (2 * share - 1)))
