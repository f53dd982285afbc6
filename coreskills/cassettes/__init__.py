"""Recorded calls: written once, replayed exactly, every miss explained."""

from coreskills.cassettes.files import Cassette, read, write
from coreskills.cassettes.library import Library, load
from coreskills.cassettes.outcome import Hit, Miss
from coreskills.cassettes.recording import Provenance, Recording, localise
from coreskills.cassettes.session import Session

__all__ = [
    "Cassette",
    "Hit",
    "Library",
    "Miss",
    "Provenance",
    "Recording",
    "Session",
    "load",
    "localise",
    "read",
    "write",
]
