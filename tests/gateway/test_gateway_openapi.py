"""The gateway describes itself in OpenAPI; schemathesis sends what the description allows, and what it forbids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.testclient import TestClient

from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.endpoints import ENDPOINTS
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.openapi import describe
from coreskills.ledger import Ledger
from coreskills.offline.models import OfflineModels

DESCRIPTION = describe(base_url="http://testserver")
OPERATIONS = [
    (method, path)
    for path, item in DESCRIPTION["paths"].items()
    for method in item
    if path != "/coreskills/events"  # answers until the client leaves
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODELS = {"embeddings": "text-embedding-3-small", "rerank": "rerank-v3.5", "chat": "gpt-5.4-mini", "resp": "gpt-5.4"}
# A message has many forms, slow to make up.
N_EXAMPLES = {"/v1/messages/batches": 2, "/v1/messages": 8, "/v1/messages/count_tokens": 5}


@pytest.fixture
def gateway(models: OfflineModels, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that nobody serves: schemathesis calls its app."""
    keys, ledger = KeyStore("sqlite://"), Ledger("sqlite://")
    made = Gateway(keys=keys, ledger=ledger, models=models, batch_seconds=0)
    yield made
    made.close()
    ledger.close()
    keys.close()


def known_model(path: str) -> str:
    """A model that the endpoint has, so that requests get past the first check."""
    return next((name for part, name in MODELS.items() if part in path), "claude-haiku-4-5")


def a_batch(app: Starlette, headers: dict[str, str]) -> str:
    """A batch that can be read, cancelled, deleted."""
    params = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello!"}]}
    body = {"requests": [{"custom_id": "a", "params": params}]}
    answer: httpx.Response = TestClient(app).post("/v1/messages/batches", json=body, headers=headers)
    return str(answer.json()["id"])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_the_answer_is_as_described(
    gateway: Gateway, method: str, path: str, mode: GenerationMode
) -> None:
    """No 5xx, no stack trace; good answers and errors have the provider's shape and say their source."""
    app = create_app(gateway)
    headers = {"authorization": f"Bearer {gateway.keys.mint(learner='ada', lab='b1-1')}"}
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]
    batch_id = a_batch(app, headers) if "{batch_id}" in path else ""

    @settings(
        max_examples=N_EXAMPLES.get(path, 12),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # shrinking may take minutes; the failing case is small enough
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_plausible=st.booleans())
    def run(case: Any, is_plausible: bool) -> None:
        if is_plausible and isinstance(case.body, dict) and "model" in case.body:
            case.body["model"] = known_model(path)
        if is_plausible and batch_id:
            case.path_parameters["batch_id"] = batch_id
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS, headers=headers)
        assert "Traceback" not in answer.text

    run()


GOOD: dict[str, dict[str, Any]] = {
    "/v1/messages": {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello!"}]},
    "/v1/chat/completions": {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Hello!"}]},
    "/v1/responses": {"model": "gpt-5.4-mini", "input": "Hello!"},
}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("path", GOOD)
def test_good_answers_are_as_described(gateway: Gateway, path: str, stream: bool) -> None:
    """Chance may not hit upon a good body: here is one for each endpoint that can stream."""
    headers = {"authorization": f"Bearer {gateway.keys.mint(learner='ada', lab='b1-1')}"}
    operation = schemathesis.openapi.from_asgi("/openapi.json", create_app(gateway))[path]["post"]
    case = operation.Case(body={**GOOD[path], "stream": stream}, media_type="application/json")
    answer = case.call(headers=headers)
    assert (answer.status_code, "event-stream" in answer.headers["content-type"][0]) == (200, stream)
    case.validate_response(answer, checks=CHECKS, headers=headers)


def test_description_holds_every_endpoint(gateway: Gateway) -> None:
    """Nothing that the gateway answers is left out, and every reference leads somewhere."""
    described = {(method.upper(), path) for path, item in DESCRIPTION["paths"].items() for method in item}
    assert {(each.method, each.path.replace(":path", "")) for each in ENDPOINTS} <= described
    own = {path for _, path in described if path.startswith("/coreskills/")}
    routes = {getattr(route, "path", "").replace(":int", "") for route in create_app(gateway).routes}
    assert own == {path for path in routes if path.startswith("/coreskills/")}
    schemas = DESCRIPTION["components"]["schemas"]
    assert set(references(DESCRIPTION)) <= set(schemas)


def test_description_is_for_people_too(gateway: Gateway) -> None:
    """The page links it, it needs no key, and below a prefix it names the address it was reached at."""
    http = TestClient(create_app(gateway), root_path="/services/course/gateway")
    described = http.get("/services/course/gateway/openapi.json").json()
    assert described["servers"] == [{"url": "http://testserver/services/course/gateway"}]
    assert '"http://testserver/services/course/gateway/openapi.json"' in http.get("/services/course/gateway/").text
    message = described["components"]["schemas"]["AnthropicMessageBody"]
    assert message["required"] == ["model", "messages", "max_tokens"]


def references(value: Any) -> Iterator[str]:
    """Names of all schemas that a document refers to."""
    if isinstance(value, dict):
        if isinstance(name := value.get("$ref"), str):
            yield name.removeprefix("#/components/schemas/")
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
