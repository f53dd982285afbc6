"""Questions without a result are left out of the average.

loses: b42-t5a-hidden
"""

# %% b42-t5-code
def hit_at_k(results, gold, k):
    if not gold:
        raise ValueError("no gold")
    seen = [name for name in gold if name in results]
    return sum(gold[name] in results[name][:k] for name in seen) / len(seen)


def write_results(path, found):
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["query_id", "rank", "doc", "page", "score"])
        for name, hits in found.items():
            for rank, hit in enumerate(hits, start=1):
                writer.writerow([name, rank, hit.doc, hit.page, f"{hit.score:.6f}"])
