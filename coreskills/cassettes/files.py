"""Cassette files: vcrpy's JSON format, with our facts beside each interaction where plain vcrpy ignores them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coreskills.cassettes.recording import (
    FAULT_HEADER,
    RESPONSE_HEADERS,
    Fault,
    Provenance,
    Recording,
    allowed,
    canonical,
)
from coreskills.cassettes.request import identify, provider_uri
from coreskills.errors import CassetteError
from coreskills.wire.http import WireResponse

_NOTE = "coreskills"
_GZIP = b"\x1f\x8b"  # foreign cassettes may hold bodies as they came over the wire
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Content Too Large"} | {
    429: "Too Many Requests",
    500: "Internal Server Error",
    529: "Overloaded",
    599: "No Answer",
}


@dataclass(frozen=True)
class Cassette:
    """The recorded calls of one file, in recorded order.

    Attributes:
        provenance: ``None`` in files that plain vcrpy wrote.
        hidden_calls: How many calls of hidden checks were recorded with these, into the lab's other file.
    """

    name: str
    recordings: tuple[Recording, ...]
    provenance: Provenance | None = None
    hidden_calls: int = 0


def read(path: Path) -> Cassette:
    """Read a cassette, ours or plain vcrpy's, JSON or YAML.

    Raises:
        CassetteError: Missing or damaged; names the file and the interaction.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CassetteError(f"There is no cassette {path}.", fix=_record(path)) from None
    try:
        document = json.loads(text) if path.suffix == ".json" else _yaml(text)
        interactions = document["interactions"]
    except (ValueError, KeyError, TypeError) as error:
        raise CassetteError(f"{path} is not a cassette ({error}).", fix=f"record it again: {_record(path)}") from error
    recordings = []
    for number, interaction in enumerate(interactions):
        try:
            recording = _recording(interaction)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            what = f"Interaction {number} of {path} is damaged ({error!r})."
            raise CassetteError(what, fix=f"record it again: {_record(path)}") from error
        if recording is not None:
            recordings.append(recording)
    return Cassette(path.name, tuple(recordings), _provenance(document), int(_facts(document).get("hidden_calls", 0)))


def _record(path: Path) -> str:
    lab = path.name.partition(".")[0]  # its own name, without ".hidden.json"
    return f"coreskills record {lab}"


def _yaml(text: str) -> Any:
    import yaml  # comes with vcrpy; only foreign cassettes are YAML

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders


def _recording(interaction: Mapping[str, Any]) -> Recording | None:
    request, response = interaction["request"], interaction["response"]
    note = interaction.get(_NOTE) or {}
    asked = identify(request["method"], request["uri"], _first(request["headers"]), _bytes(request, "body"))
    if asked is None:
        return None
    headers = allowed(_first(response["headers"]), RESPONSE_HEADERS)
    body = _bytes(response.get("body") or response, "string")
    answer = WireResponse(response["status"]["code"], headers, body, note.get("latency_ms"))
    fault: Fault | None = headers.get(FAULT_HEADER)  # type: ignore[assignment]  # we wrote it
    return Recording(asked, answer, tuple(note.get("causes") or ()), note.get("cell"), fault)


def _first(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: values[0] if isinstance(values, list) else values for name, values in headers.items()}


def _bytes(holder: Mapping[str, Any], key: str) -> bytes:
    """The text under ``key``, or the JSON under ``parsed_body``, as some projects' serializers write it."""
    value = holder.get(key)
    if value is None and "parsed_body" in holder:
        value = json.dumps(holder["parsed_body"], ensure_ascii=False)
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    body = value if isinstance(value, bytes) else (value or "").encode()
    return gzip.decompress(body) if body.startswith(_GZIP) else body


def _provenance(document: Mapping[str, Any]) -> Provenance | None:
    facts = _facts(document)
    return Provenance(facts["source"], facts["on"], facts.get("versions") or {}) if facts else None


def _facts(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return (document.get("metadata") or {}).get(_NOTE) or {}


def write(path: Path, recordings: Sequence[Recording], *, provenance: Provenance, hidden_calls: int = 0) -> bool:
    """Write a cassette so that the same recordings give the same bytes; the date of an unchanged one is kept.

    Returns:
        Whether the file changed.
    """
    interactions = [_interaction(recording) for recording in _once([canonical(each) for each in recordings])]
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before is not None and (old := _provenance(json.loads(before))) is not None:
        kept = replace(provenance, on=old.on)
        if _text(interactions, kept, hidden_calls) == before:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(interactions, provenance, hidden_calls), encoding="utf-8", newline="\n")
    return True


def _text(interactions: list[dict[str, Any]], provenance: Provenance, hidden_calls: int) -> str:
    facts: dict[str, Any] = {"source": provenance.source, "on": provenance.on, "versions": dict(provenance.versions)}
    if hidden_calls:
        facts["hidden_calls"] = hidden_calls
    document = {"interactions": interactions, "metadata": {_NOTE: facts}, "version": 1}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _once(recordings: Iterable[Recording]) -> list[Recording]:
    """Keep one of the recordings that always got the same answer, with all their causes; sequences stay whole."""
    groups: dict[tuple[Any, ...], list[Recording]] = {}
    for each in recordings:
        request = each.request
        groups.setdefault((request.provider, request.method, request.path, request.query, request.body), []).append(
            each
        )
    kept: list[Recording] = []
    for group in groups.values():
        if len({(each.response.status, each.response.body, each.fault) for each in group}) == 1:
            causes = dict.fromkeys(cause for each in group for cause in each.causes)
            kept.append(replace(group[0], causes=tuple(causes)))
        else:
            kept += group
    return kept


def _interaction(recording: Recording) -> dict[str, Any]:
    request, response = recording.request, recording.response
    note = {"causes": list(recording.causes), "cell": recording.cell, "latency_ms": response.latency_ms}
    headers = {name: [value] for name, value in response.headers.items()}
    if recording.fault:
        headers[FAULT_HEADER] = [recording.fault]
    return {
        _NOTE: {name: value for name, value in note.items() if value},
        "request": {
            "method": request.method,
            "uri": provider_uri(request),
            "headers": {name: [value] for name, value in request.headers.items()},
            "body": request.body.decode() or None,
        },
        "response": {
            "status": {"code": response.status, "message": _REASONS.get(response.status, "")},
            "headers": headers,
            "body": {"string": response.body.decode()},
        },
    }
