"""Ids of offline answers: the same for the same request in every process, so that recording twice changes nothing."""

from __future__ import annotations

import base64
import hashlib

from coreskills.gateway.incoming import Incoming


def answer_id(incoming: Incoming) -> str:
    """Digits of an answer's id.

    Only where chance is asked for does a repetition count: its answer may be another.
    """
    by_chance = bool(incoming.body.get("temperature"))
    seed = f"{incoming.wire.path}\0{incoming.repetition if by_chance else 0}\0".encode() + incoming.wire.body
    return digits(seed)


def digits(seed: bytes) -> str:
    """24 letters and digits that a seed decides."""
    return base64.b32encode(hashlib.sha256(seed).digest())[:24].decode().lower()
