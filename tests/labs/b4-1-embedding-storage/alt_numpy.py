"""No FAISS: one NumPy table and a list of ids, saved with np.save."""

# %% b41-t4-code
class VectorIndex:
    def __init__(self, dim, model):
        self.dim, self.model = dim, model
        self.records = {}
        self.names = []
        self.table = np.zeros((0, dim), dtype=np.float32)

    def __len__(self):
        return len(self.names)

    def _check(self, vectors, model):
        rows = np.asarray(vectors, dtype=np.float32)
        rows = rows[None, :] if rows.ndim == 1 else rows
        if (model, rows.shape[1]) != (self.model, self.dim):
            raise ValueError(f"{self.model}/{self.dim} cannot take {model}/{rows.shape[1]}")
        return rows

    def upsert(self, ids, vectors, metadata, *, model):
        rows = self._check(vectors, model)
        self.delete(ids)
        self.names = [*self.names, *ids]
        self.table = np.vstack([self.table, rows])
        for name, facts in zip(ids, metadata, strict=True):
            self.records[name] = facts

    def query(self, vector, k, *, model):
        scores = self.table @ self._check(vector, model)[0]
        order = np.argsort(-scores, kind="stable")[:k]
        return [{"id": self.names[n], "score": scores[n].item(), "metadata": self.records[self.names[n]]} for n in order]

    def delete(self, ids):
        gone = set(ids) & set(self.names)
        keep = [n for n, name in enumerate(self.names) if name not in gone]
        self.table = self.table[keep]
        self.names = [self.names[n] for n in keep]
        for name in gone:
            self.records.pop(name)
        return len(gone)


# %% b41-t5-code
def save_index(index, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "table.npy", index.table)
    rest = {"dim": index.dim, "model": index.model, "names": index.names, "records": index.records}
    (folder / "rest.json").write_text(json.dumps(rest), encoding="utf-8")


def load_index(folder):
    rest = json.loads((Path(folder) / "rest.json").read_text(encoding="utf-8"))
    index = VectorIndex(rest["dim"], rest["model"])
    index.table = np.load(Path(folder) / "table.npy")
    index.names, index.records = rest["names"], rest["records"]
    return index
