"""Gateway keys for a learner's kernels: minted, renewed, revoked with the hub token."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from coreskills.classroom.backend import backend
from coreskills.classroom.service.door import Asked
from coreskills.classroom.service.refusals import Refused
from coreskills.gateway.keys import Grant

SCRATCH = "scratch"  # notebooks that are no lab: same meter, the course's default budget
_TTL_S = 3600


def mint(asked: Asked) -> Response:
    """``POST /api/keys {lab, kernel_id}``: a key for one kernel of the caller."""
    table = asked.table()
    lab_id, kernel = str(table.get("lab", "")), str(table.get("kernel_id", ""))[:80]
    course = asked.service.classroom.course
    budget = course.course.default_budget_usd if lab_id == SCRATCH else course.budget_usd(course.lab(lab_id))
    secret = asked.service.keys.mint(
        learner=asked.caller.name, lab=lab_id, kernel=kernel, backend=backend(), budget_usd=budget, ttl_s=_TTL_S
    )
    expires = _own(asked, secret).expires.isoformat()
    return JSONResponse({"key": secret, "gateway_url": asked.service.gateway_url, "expires_utc": expires})


def renew(asked: Asked) -> Response:
    """``POST /api/keys/renew {key}``: the same secret lives on, also when its time has just run out."""
    grant = _own(asked, str(asked.table().get("key", "")))
    return JSONResponse({"expires_utc": asked.service.keys.renew(grant.id, ttl_s=_TTL_S).isoformat()})


def revoke(asked: Asked) -> Response:
    """``POST /api/keys/revoke {key}``: at the end of a kernel."""
    asked.service.keys.revoke(_own(asked, str(asked.table().get("key", ""))).id)
    return Response(status_code=204)


def _own(asked: Asked, secret: str) -> Grant:
    grant = asked.service.keys.lookup(secret)
    if grant is None or grant.revoked or grant.learner != asked.caller.name:
        raise Refused(404, "There is no such key of yours.", fix="ask for a new one: POST /api/keys")
    return grant
