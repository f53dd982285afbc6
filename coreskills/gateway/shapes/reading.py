"""Reading a request body: JSON, then a typed model, with errors in the provider's own words."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from coreskills.wire.errors import WireError
from coreskills.wire.http import Provider

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """A request body or a part of one; fields the provider does not know are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Part(BaseModel):
    """A part whose further fields (cache marks, citations, ids) mean nothing here."""

    model_config = ConfigDict(extra="ignore", strict=True)


def read_json(raw: bytes, provider: Provider) -> dict[str, Any]:
    """Decode a body.

    Raises:
        WireError: 400; not UTF-8, not JSON, or not an object.
    """
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        if b"\\u" in raw:  # a lone surrogate is JSON, but no text: it could not be written back
            json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_json(provider, f"the body is not UTF-8 (byte {error.start})") from None
    except UnicodeEncodeError:
        raise _not_json(provider, "the body holds half a surrogate pair") from None
    except RecursionError:
        raise _not_json(provider, "the body is nested too deeply") from None
    except ValueError as error:
        raise _not_json(provider, f"the body is not valid JSON ({error})") from None
    if not isinstance(body, dict):
        raise _not_json(provider, "the body is not a JSON object")
    return body


def read_body(model: type[Model], body: Any, provider: Provider) -> Model:
    """Check a decoded body against its model.

    Raises:
        WireError: 400; names the first field at fault.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _fault(error.errors(include_url=False)[0], provider) from None
    except RecursionError:
        raise _not_json(provider, "the body is nested too deeply") from None


def read_base64(data: str, where: str) -> bytes:
    """Decode base64 in a body.

    Raises:
        WireError: 400; it is not base64.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise WireError(400, "invalid_value", f"{where}: Invalid base64 data", param=where) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _not_json(provider: Provider, why: str) -> WireError:
    if provider == "anthropic":
        return WireError(400, "invalid_request", f"The request body is not valid JSON: {why}.")
    return WireError(400, "invalid_request", f"We could not parse the JSON body of your request: {why}.")


def _fault(error: ErrorDetails, provider: Provider) -> WireError:
    dotted = ".".join(str(part) for part in error["loc"])
    bracketed = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    if provider != "openai":
        return WireError(
            400, "invalid_request", f"{dotted}: {error['msg']}" if dotted else error["msg"], param=bracketed
        )
    kind, message = "invalid_value", f"Invalid value for '{bracketed}': {error['msg']}."
    if error["type"] == "missing":
        kind, message = "missing", f"Missing required parameter: '{bracketed}'."
    elif error["type"] == "extra_forbidden":
        kind, message = "unknown_field", f"Unknown parameter: '{bracketed}'."
    elif error["type"].endswith("_type"):
        kind, message = "wrong_type", f"Invalid type for '{bracketed}': {error['msg']}."
    return WireError(400, kind, message, param=bracketed or None)
