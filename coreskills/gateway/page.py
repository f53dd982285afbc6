"""The page at `/`: what this gateway is, which models it offers, and what they cannot do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from html import escape

from coreskills.ledger.pricing import price_call
from coreskills.offline.catalogue import ModelInfo
from coreskills.wire.http import Provider
from coreskills_widgets.format import money_column

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.wide { overflow-x: auto; }
.wide:focus-visible, pre:focus-visible { outline: 2px solid LinkText; outline-offset: 2px; }
details { margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: 1rem 0 .25rem; }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; white-space: nowrap; border-bottom: 1px solid var(--line); }
thead th { vertical-align: bottom; white-space: normal; }
tbody th { font-weight: normal; font-family: ui-monospace, monospace; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; }
"""
_CAN = (
    "label text by the label names, descriptions and examples in your prompt",
    "answer from documents that you put into the prompt, and say so when they do not hold the answer",
    "summarise by choosing sentences, fill JSON fields or a schema, rate on a scale",
    "choose one of your tools and fill in its arguments",
    "read the course's own pictures",
    "embed texts, rank documents, answer in batches",
)
_CANNOT = (
    "know anything about the world: they only select and rearrange what the prompt says",
    "write freely, reason, translate or program",
    "tell you how a real model would score: compare prompts with them, never providers",
)
_PROVIDERS: tuple[tuple[Provider, str], ...] = (("anthropic", "Anthropic"), ("openai", "OpenAI"), ("cohere", "Cohere"))
_HEADS = ("Context (tokens)", "$ per million read", "$ per million written")


def gateway_page(models: Sequence[ModelInfo], *, is_live: bool, base_url: str) -> str:
    """The page as HTML; no scripts, nothing from elsewhere.

    Args:
        is_live: Some keys reach the real providers.
    """
    live = (
        "Keys minted for live work are passed on to the real providers; every answer says in its "
        "<code>x-coreskills-source</code> header which it was."
        if is_live
        else "No real provider is configured: every answer comes from the stand-ins or from recordings."
    )
    here = escape(base_url)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CoreSkills gateway</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body><main>
<h1>CoreSkills gateway</h1>
<p>Every API call of this course passes here: it is metered, priced at list price, and answered.
{live}</p>
<h2>The offline models are stand-ins</h2>
<p>They carry the providers' model names so that your code is what you would write in the wild. They are
<strong>not</strong> Claude or GPT: they are a small, deterministic program.</p>
<h3>They can</h3><ul>{_items(_CAN)}</ul>
<h3>They cannot</h3><ul>{_items(_CANNOT)}</ul>
<h2>Use it</h2>
<p>In a notebook of this classroom all is set: <code>Anthropic()</code> and <code>OpenAI()</code> come here. For
any other program on your machine, take the key that your notebook has in <code>ANTHROPIC_API_KEY</code>,
until it expires:</p>
<pre tabindex="0" aria-label="Settings for the shell">export ANTHROPIC_BASE_URL={here}
export OPENAI_BASE_URL={here}/v1
export ANTHROPIC_API_KEY=... OPENAI_API_KEY=...   # the same key for both
curl -H "x-api-key: $ANTHROPIC_API_KEY" {here}/coreskills/status   # budget, spent, expiry</pre>
<p><a href="{here}/openapi.json">openapi.json</a> describes every endpoint, for people and programs.</p>
<h2>Models on offer</h2>
<p>The tier says how much the stand-in behind a name knows. Prices are the provider's for short prompts; the ledger
counts them whoever answers, and nothing is charged for offline and recorded answers.</p>
{"".join(_table(shown, _of(models, name)) for name, shown in _PROVIDERS)}
<details><summary>Names that have ended answer 404, as the provider does</summary>
<p>{", ".join(f"<code>{escape(info.id)}</code>" for info in models if info.is_retired)}</p></details>
</main></body></html>
"""


def _of(models: Iterable[ModelInfo], provider: Provider) -> list[ModelInfo]:
    return [info for info in models if info.provider == provider and not info.is_retired]


def _items(texts: Sequence[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def _table(provider: str, models: Sequence[ModelInfo]) -> str:
    read = money_column([_per_million(info, input_tokens=1000) for info in models])
    written = money_column(
        [_per_million(info, output_tokens=1000) if info.max_output_tokens else None for info in models]
    )
    rows = "\n".join(
        f'<tr><th scope="row">{escape(info.id)}</th><td>{info.tier or info.kind}</td>'
        f'<td class="number">{info.context_tokens:,}</td><td class="number">{price}</td>'
        f'<td class="number">{answer if info.max_output_tokens else ""}</td><td>{_day(info.retired_on)}</td></tr>'
        for info, price, answer in zip(models, read, written, strict=True)
    )
    heads = "".join(f'<th scope="col" class="number">{head}</th>' for head in _HEADS)
    return f"""<div class="wide" tabindex="0" role="region" aria-label="Models with {provider}'s names"><table>
<caption>{provider}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Tier</th>{heads}<th scope="col">Ends</th></tr></thead>
<tbody>{rows}</tbody></table></div>
"""


def _per_million(info: ModelInfo, *, input_tokens: int = 0, output_tokens: int = 0) -> Decimal | None:
    """By a thousand tokens: a long prompt may cost more for each."""
    cost = price_call(provider=info.provider, model=info.id, input_tokens=input_tokens, output_tokens=output_tokens)
    return None if cost is None else cost * 1000


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
