"""The gateway in OpenAPI 3.1: what each endpoint takes and answers, from the models that check requests."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from coreskills.gateway.endpoints import ENDPOINTS, Endpoint
from coreskills.gateway.faults import Fault
from coreskills.gateway.own_api import CellBody, FaultsBody, ModeBody
from coreskills.gateway.shapes.anthropic_body import CountTokensBody, MessageBody
from coreskills.gateway.shapes.embeddings import EmbeddingBody, RerankBody
from coreskills.gateway.shapes.openai_chat_body import ChatBody
from coreskills.gateway.shapes.openai_responses_body import ResponsesBody

Document = dict[str, Any]
_TEXT: Document = {"type": "string"}
_MAYBE_TEXT: Document = {"type": ["string", "null"]}
_COUNT: Document = {"type": "integer", "minimum": 0}
_AN_OBJECT: Document = {"type": "object"}
# By endpoint: the model that reads the body, and what its schemas' names start with.
_BODIES: dict[str, tuple[type[BaseModel], str]] = {
    "messages": (MessageBody, "Anthropic"),
    "messages/count_tokens": (CountTokensBody, "Anthropic"),
    "chat/completions": (ChatBody, "OpenAIChat"),
    "responses": (ResponsesBody, "OpenAIResponses"),
    "responses/input_tokens": (ResponsesBody, "OpenAIResponses"),
    "embeddings": (EmbeddingBody, "OpenAI"),
    "rerank": (RerankBody, "Cohere"),
}
_OWN_BODIES: tuple[tuple[type[BaseModel], str], ...] = ((CellBody, ""), (ModeBody, ""), (FaultsBody, ""), (Fault, ""))


def _fields(**fields: Document) -> Document:
    """An object that has these fields, and may have more."""
    return {"type": "object", "properties": fields, "required": sorted(fields)}


def _just(word: str) -> Document:
    return {"const": word}


def _list_of(items: Document) -> Document:
    return {"type": "array", "items": items}


_BATCH = _fields(
    id=_TEXT, type=_just("message_batch"), processing_status={"enum": ["in_progress", "canceling", "ended"]},
    request_counts=_AN_OBJECT, results_url=_MAYBE_TEXT,
)  # fmt: skip
# What a 200 holds at least; the SDKs' own types say the rest.
_ANSWERS: dict[str, Document] = {
    "messages": _fields(
        id=_TEXT, type=_just("message"), role=_just("assistant"), model=_TEXT, content=_list_of(_AN_OBJECT),
        stop_reason=_MAYBE_TEXT, stop_sequence=_MAYBE_TEXT, usage=_fields(input_tokens=_COUNT, output_tokens=_COUNT),
    ),
    "messages/count_tokens": _fields(input_tokens=_COUNT),
    "messages/batches": _BATCH,
    "messages/batches/cancel": _BATCH,
    "messages/batches/delete": _fields(id=_TEXT, type=_just("message_batch_deleted")),
    "chat/completions": _fields(
        id=_TEXT, object=_just("chat.completion"), created=_COUNT, model=_TEXT, choices=_list_of(_AN_OBJECT),
        usage=_fields(prompt_tokens=_COUNT, completion_tokens=_COUNT, total_tokens=_COUNT),
    ),
    "responses": _fields(
        id=_TEXT, object=_just("response"), created_at=_COUNT, model=_TEXT, output=_list_of(_AN_OBJECT),
        status={"enum": ["completed", "incomplete"]}, usage=_fields(input_tokens=_COUNT, output_tokens=_COUNT),
    ),
    "responses/input_tokens": _fields(object=_just("response.input_tokens"), input_tokens=_COUNT),
    "embeddings": _fields(object=_just("list"), model=_TEXT, data=_list_of(_AN_OBJECT), usage=_AN_OBJECT),
    "rerank": _fields(id=_TEXT, results=_list_of(_fields(index=_COUNT, relevance_score={"type": "number"}))),
}  # fmt: skip
_ERRORS: dict[str, Document] = {
    "AnthropicError": _fields(
        type=_just("error"), error=_fields(type=_TEXT, message=_TEXT), request_id=_MAYBE_TEXT
    ),
    "OpenAIError": _fields(error=_fields(message=_TEXT, type=_TEXT, param=_MAYBE_TEXT, code=_MAYBE_TEXT)),
    "CohereError": _fields(id=_TEXT, message=_TEXT),
    "OwnError": _fields(error=_fields(message=_TEXT)),
}  # fmt: skip
_ERROR_OF = {"anthropic": "AnthropicError", "openai": "OpenAIError", "cohere": "CohereError"}
_STREAMED = frozenset({"messages", "chat/completions", "responses"})
_SOURCE_HEADER = {
    "x-coreskills-source": {
        "description": "Who answered: the offline models, a recording, or the provider itself.",
        "required": True,
        "schema": {"enum": ["offline", "recorded", "live"]},
    }
}


def describe(*, base_url: str) -> Document:
    """The whole description.

    Args:
        base_url: Where the reader reached this gateway, without a slash at the end.
    """
    schemas = {**_ERRORS, **_body_schemas()}
    paths: dict[str, Document] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(_path(endpoint.path), {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CoreSkills gateway",
            "version": "1",
            "description": "The APIs of Anthropic and OpenAI, and Cohere's rerank, as this classroom answers them: "
            "metered, priced, and by offline stand-ins unless the answer's `x-coreskills-source` says otherwise. "
            "Fields that a provider does not know are refused, as the provider does. Answers are described by what "
            "they hold at least; the SDKs' types say the rest.",
        },
        "servers": [{"url": base_url}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": {**paths, **_own_paths()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _operation(endpoint: Endpoint) -> Document:
    errors = [_ERROR_OF[endpoint.provider]] if endpoint.provider else ["AnthropicError", "OpenAIError"]
    schema: Document = {"oneOf": [_ref(name) for name in errors]} if len(errors) > 1 else _ref(errors[0])
    answers = {
        "200": {"description": endpoint.summary, "headers": _SOURCE_HEADER, "content": _content(endpoint)},
        "4XX": {
            "description": "Refused, in the provider's shape: the message says what to mend.",
            "headers": _SOURCE_HEADER,
            "content": {"application/json": {"schema": schema}},
        },
    }
    operation: Document = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()}{endpoint.path}").strip("_"),
        "summary": endpoint.summary,
        "tags": [endpoint.provider or "models"],
        "parameters": _path_parameters(endpoint.path) + _query_parameters(endpoint),
        "responses": answers,
    }
    if endpoint.takes_body:
        operation["requestBody"] = _takes(_body_of(endpoint))
    return operation


def _content(endpoint: Endpoint) -> Document:
    if endpoint.name == "messages/batches/results":
        return {"application/x-jsonl": {"schema": _TEXT}}
    whole = {"application/json": {"schema": _ANSWERS.get(endpoint.name) or _AN_OBJECT}}
    return {**whole, "text/event-stream": {}} if endpoint.name in _STREAMED else whole


def _body_of(endpoint: Endpoint) -> Document:
    if endpoint.name != "messages/batches":
        model, prefix = _BODIES[endpoint.name]
        return _ref(f"{prefix}{model.__name__}")
    custom_id = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"}
    one = {**_fields(custom_id=custom_id, params=_ref("AnthropicMessageBody")), "additionalProperties": False}
    return {**_fields(requests={**_list_of(one), "minItems": 1}), "additionalProperties": False}


@cache
def _body_schemas() -> dict[str, Document]:
    """The bodies' schemas and those they refer to; two providers' names for a part may be the same."""
    found: dict[str, Document] = {}
    for model, prefix in (*_BODIES.values(), *_OWN_BODIES):
        schema = model.model_json_schema(ref_template=f"#/components/schemas/{prefix}{{model}}")
        parts = schema.pop("$defs", {})
        found |= {f"{prefix}{name}": part for name, part in parts.items()}
        found[f"{prefix}{model.__name__}"] = schema
    found["FaultsBody"]["properties"]["faults"]["items"] = _ref("Fault")
    return found


def _own_paths() -> dict[str, Document]:
    """The API of a key's holder."""
    numbers = [_query("after", {"type": "integer", "minimum": 0}, "Only calls with a greater id.")]
    scopes = [_query("scope", {"enum": ["key", "lab"]}, "This key's calls, or all the learner's in the lab.")]
    brief = [_query("brief", {"enum": ["0", "1"]}, "Without the totals.")]
    return {
        "/coreskills/status": {"get": _own("Budget, spending, counts", _AN_OBJECT, parameters=brief)},
        "/coreskills/cell": {"post": _own("The calls that follow belong to this cell", None, body="CellBody")},
        "/coreskills/calls": {
            "get": _own("The ledger's rows", _fields(calls=_list_of(_AN_OBJECT)), parameters=numbers + scopes)
        },
        "/coreskills/calls/{call_id}": {
            "get": _own("Both bodies of a call", _AN_OBJECT, parameters=_path_parameters("/{call_id:int}"))
        },
        "/coreskills/mode": {"post": _own("Work offline for a while, or live", _AN_OBJECT, body="ModeBody")},
        "/coreskills/faults": {
            "get": _own("The faults and their hits", _fields(faults=_list_of(_AN_OBJECT))),
            "post": _own("A script of faults", _fields(faults=_list_of(_AN_OBJECT)), body="FaultsBody"),
        },
        "/coreskills/events": {"get": _own("An event for each call that ends, without end", _TEXT, is_stream=True)},
    }


def _own(
    summary: str,
    answer: Document | None,
    *,
    parameters: list[Document] | None = None,
    body: str | None = None,
    is_stream: bool = False,
) -> Document:
    """One operation of the own API; ``answer`` is ``None`` where the answer is empty."""
    kind = "text/event-stream" if is_stream else "application/json"
    good: Document = {"description": summary}
    if answer is not None:
        good["content"] = {kind: {} if is_stream else {"schema": answer}}
    refused = {"description": "Refused.", "content": {"application/json": {"schema": _ref("OwnError")}}}
    operation: Document = {
        "summary": summary,
        "tags": ["coreskills"],
        "parameters": parameters or [],
        "responses": {"204" if answer is None else "200": good, "4XX": refused},
    }
    if body is not None:
        operation["requestBody"] = _takes(_ref(body))
    return operation


def _takes(schema: Document) -> Document:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path(path: str) -> str:
    """Starlette's path without its converters."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _path_parameters(path: str) -> list[Document]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _COUNT if kind == "int" else {**_TEXT, "minLength": 1}}
        for name, kind in re.findall(r"\{(\w+)(?::(\w+))?\}", path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Document]:
    """Lists come in pages, but for OpenAI, which tells all its models at once and takes no notice."""
    if endpoint.method != "GET" or "{" in endpoint.path:
        return []
    return [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "How many at most."),
        _query("after_id", _TEXT, "Start behind this one."),
        _query("before_id", _TEXT, "End before this one."),
    ]


def _query(name: str, schema: Document, description: str) -> Document:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}
