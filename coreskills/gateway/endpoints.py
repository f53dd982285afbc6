"""The providers' endpoints that this gateway has."""

from __future__ import annotations

from dataclasses import dataclass

from coreskills.wire.http import Provider


@dataclass(frozen=True)
class Endpoint:
    """One path of a provider.

    Attributes:
        provider: ``None`` where both have the path: the client's headers tell.
        name: In the ledger.
        summary: What it does, in a line.
    """

    method: str
    path: str
    provider: Provider | None
    name: str
    summary: str

    @property
    def takes_body(self) -> bool:
        """A request without a body is refused."""
        return self.method == "POST" and self.name != "messages/batches/cancel"


_BATCH = "/v1/messages/batches/{batch_id}"
ENDPOINTS = (
    Endpoint("POST", "/v1/messages", "anthropic", "messages", "A message, plain or streamed"),
    Endpoint(
        "POST", "/v1/messages/count_tokens", "anthropic", "messages/count_tokens", "How many tokens a message would be"
    ),
    Endpoint("POST", "/v1/messages/batches", "anthropic", "messages/batches", "Many messages at half the price"),
    Endpoint("GET", "/v1/messages/batches", "anthropic", "messages/batches/read", "Your batches, newest first"),
    Endpoint("GET", _BATCH, "anthropic", "messages/batches/read", "How far a batch is"),
    Endpoint("DELETE", _BATCH, "anthropic", "messages/batches/delete", "Forget a batch that has ended"),
    Endpoint("POST", f"{_BATCH}/cancel", "anthropic", "messages/batches/cancel", "Stop a batch"),
    Endpoint("GET", f"{_BATCH}/results", "anthropic", "messages/batches/results", "A batch's answers, one a line"),
    Endpoint("POST", "/v1/chat/completions", "openai", "chat/completions", "A chat completion, plain or streamed"),
    Endpoint("POST", "/v1/responses", "openai", "responses", "A response, plain or streamed"),
    Endpoint(
        "POST", "/v1/responses/input_tokens", "openai", "responses/input_tokens", "How many tokens a response reads"
    ),
    Endpoint("POST", "/v1/embeddings", "openai", "embeddings", "Vectors of texts"),
    Endpoint("POST", "/v2/rerank", "cohere", "rerank", "Documents by how well they fit a query"),
    Endpoint("GET", "/v1/models", None, "models", "The models on offer"),
    Endpoint("GET", "/v1/models/{model_id:path}", None, "models", "One model"),
)
