"""The page at `/`: what this gateway is, which models it offers, and what they cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from coreskills.offline.catalogue import ModelInfo

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; }
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
<p>In a notebook of this classroom all is set. Anywhere else, with a key of yours:</p>
<pre>export ANTHROPIC_BASE_URL={escape(base_url)}
export OPENAI_BASE_URL={escape(base_url)}/v1</pre>
<p><a href="{escape(base_url)}/openapi.json">openapi.json</a> describes every endpoint, for people and programs.</p>
<h2>Models on offer</h2>
<table><thead><tr><th scope="col">Name</th><th scope="col">For</th><th scope="col">Tier</th>
<th scope="col">Reads at most (tokens)</th></tr></thead><tbody>
{_rows([info for info in models if not info.is_retired])}
</tbody></table>
<p>Retired names answer 404, as the provider does: {escape(", ".join(i.id for i in models if i.is_retired))}.</p>
</main></body></html>
"""


def _items(texts: Sequence[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def _rows(models: Sequence[ModelInfo]) -> str:
    return "\n".join(
        f'<tr><th scope="row">{escape(info.id)}</th><td>{escape(info.kind)}</td><td>{escape(info.tier or "")}</td>'
        f'<td class="number">{info.context_tokens:,}</td></tr>'
        for info in models
    )
