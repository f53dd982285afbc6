"""The badge: an Open Badges 3.0 credential, signed with Ed25519 as a VC-JWT, and its check.

Source: 1EdTech Open Badges Specification 3.0, section 8.2 (JSON Web Token proof format): the whole credential is the
payload, with ``iss``, ``jti``, ``sub``, ``nbf`` beside it; the header names the key.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError

from coreskills.course import Course
from coreskills.errors import ClassroomError
from coreskills.progress.rules import Status

_ALGORITHM = "Ed25519"  # RFC 9864; the older name "EdDSA" is deprecated there
_CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


class BadgeRefused(ClassroomError):
    """A badge that is not earned, or a credential that does not hold."""


@dataclass(frozen=True)
class Holder:
    """Whom a badge is about; the e-mail appears in it as a salted hash only."""

    name: str
    shown: str
    email: str = ""


def load_key(folder: Path) -> jwk.OKPKey:
    """The course's signing key; made at the first use, readable by its owner only."""
    path = folder / "badge-key.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = jwk.OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
        path.touch(mode=0o600, exist_ok=True)
        path.write_text(_dump(key.as_dict(private=True)), encoding="utf-8")
    return jwk.OKPKey.import_key(_load(path.read_text(encoding="utf-8")))


def public_key(key: jwk.OKPKey) -> dict[str, Any]:
    """The half that verifies; give it to whoever checks badges."""
    return {**key.as_dict(private=False), "kid": key.thumbprint()}


def issue(course: Course, holder: Holder, status: Status, *, key: jwk.OKPKey, now: datetime) -> str:
    """Sign a learner's badge.

    Raises:
        BadgeRefused: Not earned yet; says what is missing.
    """
    if not status.has_badge:
        missing = [m.module.id for m in status.modules if not m.is_complete]
        if status.capstone is None or not status.capstone.is_passed:
            missing.append("capstone")
        raise BadgeRefused(
            f"{holder.name!r} has not earned the badge: {', '.join(missing)} to go.",
            fix=f"coreskills progress {holder.name}",
        )
    payload = credential(course, holder, key=key, now=now)
    header = {"alg": _ALGORITHM, "typ": "vc+jwt", "kid": key.thumbprint(), "jwk": public_key(key)}
    return jws.serialize_compact(header, _dump(payload).encode(), key, algorithms=[_ALGORITHM])


def credential(course: Course, holder: Holder, *, key: jwk.OKPKey, now: datetime) -> dict[str, Any]:
    """The credential before it is signed."""
    issuer = f"urn:coreskills:{course.course.id}:{key.thumbprint()}"
    number = f"urn:uuid:{_uuid(course.course.id, holder.name, key.thumbprint())}"
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": [_hashed("name", holder.name)]
        + ([_hashed("emailAddress", holder.email)] if holder.email else []),
        "achievement": {
            "id": f"urn:coreskills:{course.course.id}:badge",
            "type": ["Achievement"],
            "name": f"{course.course.title} Badge",
            "description": f"Passed every lab of all modules of {course.course.title}, and its capstone.",
            "criteria": {
                "narrative": f"Each lab above {course.completion.lab_pass_above_percent} %, "
                f"the capstone at {course.completion.capstone_pass_percent} % or more."
            },
        },
    }
    when = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "@context": _CONTEXT,
        "id": number,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{course.course.title} Badge",
        "issuer": {"id": issuer, "type": ["Profile"], "name": course.course.organisation},
        "validFrom": when,
        "credentialSubject": subject,
        "iss": issuer,
        "jti": number,
        "nbf": int(now.timestamp()),
    }


def verify(token: str, *, key: Mapping[str, Any], now: datetime, holder: Holder | None = None) -> dict[str, Any]:
    """Check a badge against the course's public key.

    Args:
        key: The course's public key; the one inside the token proves nothing and is not used.
        holder: Also check that it is about this person.

    Returns:
        The credential.

    Raises:
        BadgeRefused: Changed, signed by another, not valid yet, not a badge, or about somebody else.
    """
    try:
        signed = jws.deserialize_compact(token.strip(), jwk.OKPKey.import_key(dict(key)), algorithms=[_ALGORITHM])
        payload = _load(signed.payload.decode("utf-8"))
    except (JoseError, ValueError, UnicodeDecodeError, TypeError) as error:
        raise BadgeRefused(f"This is not a badge of this course: {error}.", fix="ask for the original file") from error
    if not isinstance(payload, dict) or "OpenBadgeCredential" not in payload.get("type", ()):
        raise BadgeRefused("The signature is good, but this is no badge.", fix="ask for the original file")
    if not isinstance(payload.get("nbf"), int) or payload["nbf"] > now.timestamp():
        raise BadgeRefused(
            f"The badge is valid from {payload.get('validFrom')} only.", fix="check this machine's clock"
        )
    if holder is not None and not _is_about(payload, holder):
        raise BadgeRefused(f"The badge is good, but it is not about {holder.name!r}.", fix="check the name")
    return payload


def _is_about(payload: Mapping[str, Any], holder: Holder) -> bool:
    told = {"name": holder.name, "emailAddress": holder.email}
    rows = payload.get("credentialSubject", {}).get("identifier", [])
    return bool(rows) and all(
        row["identityHash"] == _hash(told.get(row["identityType"], ""), row["salt"])
        for row in rows
        if row["identityType"] == "name" or holder.email
    )


def _hashed(kind: str, value: str) -> dict[str, Any]:
    salt = secrets.token_hex(8)
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityType": kind,
        "salt": salt,
        "identityHash": _hash(value, salt),
    }


def _hash(value: str, salt: str) -> str:
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def _dump(table: Any) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Any:
    return json.loads(text)
