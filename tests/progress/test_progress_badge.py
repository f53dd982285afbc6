"""The badge: earned, signed, checked."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from coreskills.course import load_course
from coreskills.progress.badge import BadgeRefused, Holder, issue, load_key, public_key, verify
from coreskills.progress.rules import Score, Status, completion

COURSE = load_course(Path(__file__).parents[2])
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADA = Holder("ada", "Ada Lovelace", "ada@example.org")


def earned() -> Status:
    full = {
        lab.id: Score(
            *(Decimal(n) for n in (lab.points.total, 0, lab.points.total, lab.points.visible + lab.points.hidden))
        )
        for lab in COURSE.labs
        if lab.track in ("beginner", "both")
    }
    return completion(COURSE, full)


def test_a_badge_verifies_with_the_courses_key(tmp_path: Path) -> None:
    """An Open Badges 3.0 credential comes out, about the right person, without their e-mail in clear."""
    key = load_key(tmp_path)
    token = issue(COURSE, ADA, earned(), key=key, now=NOW)
    payload = verify(token, key=public_key(key), now=NOW, holder=ADA)
    assert payload["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert payload["validFrom"] == "2027-03-01T12:00:00Z"
    assert "ada@example.org" not in json.dumps(payload)
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert (header["alg"], "d" in header["jwk"]) == ("Ed25519", False)


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    """Issuing twice uses one key, readable by its owner only."""
    first, second = load_key(tmp_path), load_key(tmp_path)
    assert first.thumbprint() == second.thumbprint()
    assert (tmp_path / "badge-key.json").stat().st_mode & 0o077 == 0


def test_a_badge_not_earned_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    """The message names the modules to go."""
    with pytest.raises(BadgeRefused, match=r"M0.*M6, capstone to go"):
        issue(COURSE, ADA, completion(COURSE, {}), key=load_key(tmp_path), now=NOW)


def test_every_changed_character_breaks_the_badge(tmp_path: Path) -> None:
    """Change any part of the credential: it does not hold."""
    key = load_key(tmp_path)
    token = issue(COURSE, ADA, earned(), key=key, now=NOW)
    for place in range(0, len(token), 37):
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        with pytest.raises(BadgeRefused):
            verify(changed, key=public_key(key), now=NOW, holder=ADA)


def test_anothers_key_name_and_time_are_refused(tmp_path: Path) -> None:
    """Signed by somebody else, about somebody else, from the future."""
    key = load_key(tmp_path / "ours")
    token = issue(COURSE, ADA, earned(), key=key, now=NOW)
    with pytest.raises(BadgeRefused):
        verify(token, key=public_key(load_key(tmp_path / "theirs")), now=NOW)
    with pytest.raises(BadgeRefused, match="not about 'grace'"):
        verify(token, key=public_key(key), now=NOW, holder=Holder("grace", "Grace"))
    with pytest.raises(BadgeRefused, match="valid from"):
        verify(token, key=public_key(key), now=NOW - timedelta(days=1))


def test_an_unsigned_token_is_refused(tmp_path: Path) -> None:
    """`alg: none` and a symmetric algorithm under our public key prove nothing."""
    key = load_key(tmp_path)
    payload = issue(COURSE, ADA, earned(), key=key, now=NOW).split(".")[1]
    for algorithm in ("none", "HS256"):
        header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
        with pytest.raises(BadgeRefused):
            verify(f"{header}.{payload}.", key=public_key(key), now=NOW)
