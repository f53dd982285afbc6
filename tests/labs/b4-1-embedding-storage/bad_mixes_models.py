"""Looks at the number of numbers only: vectors of another model slip in.

loses: b41-t4b-hidden
"""

# %% b41-t4-code
class VectorIndex:
    def __init__(self, dim, model):
        self.dim, self.model, self.records, self._rows = dim, model, {}, {}

    def __len__(self):
        return len(self.records)

    def upsert(self, ids, vectors, metadata, *, model):
        rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
        if rows.shape[1] != self.dim:
            raise ValueError(f"{rows.shape[1]} numbers instead of {self.dim}")
        self._rows.update(zip(ids, rows, strict=True))
        self.records.update(zip(ids, metadata, strict=True))

    def query(self, vector, k, *, model):
        row = np.asarray(vector, dtype=np.float32)
        if row.shape[-1] != self.dim:
            raise ValueError(f"{row.shape[-1]} numbers instead of {self.dim}")
        ranked = sorted(((float(row @ other), name) for name, other in self._rows.items()), reverse=True)
        return [{"id": name, "score": score, "metadata": self.records[name]} for score, name in ranked[:k]]

    def delete(self, ids):
        known = [name for name in ids if name in self.records]
        for name in known:
            del self.records[name], self._rows[name]
        return len(known)


# %% b41-t5-code
def save_index(index, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    rows = {name: row.tolist() for name, row in index._rows.items()}
    facts = {"dim": index.dim, "model": index.model, "rows": rows, "records": index.records}
    Path(folder, "index.json").write_text(json.dumps(facts), encoding="utf-8")


def load_index(folder):
    facts = json.loads(Path(folder, "index.json").read_text(encoding="utf-8"))
    index = VectorIndex(facts["dim"], facts["model"])
    index.records = facts["records"]
    index._rows = {name: np.array(row, dtype=np.float32) for name, row in facts["rows"].items()}
    return index
