"""Measures with pandas and tries every score as a threshold."""

# %% b42-t4-code
def show(hits):
    text = ""
    for place, hit in enumerate(hits):
        start = hit.text if len(hit.text) <= 60 else hit.text[:57] + "..."
        text += f"{place + 1}. {hit.doc}, page {hit.page}, score {round(hit.score, 3):.3f}: {start}\n"
    return text.strip() if text else "nothing found"


# %% b42-t5-code
import pandas as pd


def hit_at_k(results, gold, k):
    if len(gold) == 0:
        raise ValueError("no question with a known answer")
    right = pd.Series({name: doc in (results.get(name) or [])[:k] for name, doc in gold.items()})
    return float(right.mean())


def write_results(path, found):
    rows = [
        {"query_id": name, "rank": rank, "doc": hit.doc, "page": hit.page, "score": round(hit.score, 6)}
        for name, hits in found.items()
        for rank, hit in enumerate(hits, 1)
    ]
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.6f")


# %% b42-t6-code
def threshold(dev):
    yes = [score for score, answerable in dev if answerable]
    no = [score for score, answerable in dev if not answerable]
    if not yes or not no:
        raise ValueError("both kinds are needed")
    places = sorted(score for score, _ in dev)
    best, fewest, widest = 0.0, len(dev) + 1, 0.0
    for below, above in zip(places, places[1:]):
        value = below + (above - below) / 2
        wrong = sum(score < value for score in yes) + sum(score >= value for score in no)
        if wrong < fewest or (wrong == fewest and above - below > widest):
            best, fewest, widest = value, wrong, above - below
    return best


cut = threshold(dev)
