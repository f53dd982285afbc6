"""What a model takes: requests that are well formed, and that this one model refuses, in its provider's words.

Sources, read 2026-11-22: the 400 bodies quoted in https://github.com/Mixpeal/anthropic-sdk/issues/11 (temperature),
https://github.com/router-for-me/CLIProxyAPI/issues/5319 (prefill, by model), https://github.com/khoj-ai/khoj/issues/1377
and https://github.com/langchain-ai/langchain/pull/35424 (temperature and reasoning effort).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coreskills.offline.catalogue import ModelInfo, find
from coreskills.offline.prompt import PromptError, Turn
from coreskills.wire.errors import WireError
from coreskills.wire.http import Provider


def offered(model: str, provider: Provider) -> ModelInfo:
    """The model behind a name.

    Raises:
        WireError: 404; this provider has no such model, or no more.
    """
    try:
        info = find(model, kind="text")
    except PromptError as error:
        if error.status != 404:
            raise
    else:
        if info.provider == provider:
            return info
    if provider == "anthropic":
        raise WireError(404, "model_not_found", f"model: {model}")
    message = f"The model `{model}` does not exist or you do not have access to it."
    raise WireError(404, "model_not_found", message, param="model")


def check_claude(
    info: ModelInfo, turns: Sequence[Turn], *, temperature: float | None, top_p: float | None, top_k: int | None
) -> None:
    """Refuse what Anthropic's model does not take.

    Raises:
        WireError: 400.
    """
    sampling = {"temperature": temperature not in (None, 1), "top_p": top_p not in (None, 1), "top_k": bool(top_k)}
    asked = [name for name, is_asked in sampling.items() if is_asked]
    if asked and not info.takes_sampling:
        raise WireError(400, "invalid_request", f"`{asked[0]}` is deprecated for this model.")
    if temperature is not None and top_p is not None:
        raise WireError(
            400,
            "invalid_request",
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        )
    if turns[-1].role == "assistant" and not info.takes_prefill:
        raise WireError(
            400,
            "invalid_request",
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )


def check_gpt(info: ModelInfo, *, temperature: float | None, top_p: float | None, effort: object) -> None:
    """Refuse what OpenAI's model does not take.

    Args:
        effort: Of the reasoning, as asked.

    Raises:
        WireError: 400.
    """
    reasons = effort not in (None, "none") if info.takes_sampling else True
    for name, value in (("temperature", temperature), ("top_p", top_p)):
        if reasons and value not in (None, 1):
            raise WireError(
                400,
                "invalid_request",
                f"Unsupported value: '{name}' does not support {value:g} with this model. Only the default (1) value "
                f"is supported.",
                param=name,
                code="unsupported_value",
            )


def check_json_mode(texts: Iterable[str], *, message: str, param: str) -> None:
    """JSON mode wants the word in the conversation.

    Args:
        message: The refusal in the endpoint's words.

    Raises:
        WireError: 400; nobody said "json".
    """
    if not any("json" in text.lower() for text in texts):
        raise WireError(400, "invalid_request", message, param=param)
