# A lab in the styles of other courses: answers, checks, and wrong answers, a section each; read, never imported.
# ruff: noqa

# %% globals-code
total = 0


def add(n):
    global total
    total += n


# %% globals-code-check
before = total
add(3)
assert total == before + 3
assert "total" in globals() and callable(globals()["add"])
assert not any(name.startswith("hack") for name in globals())

# %% globals-code-wrong
total = 0


def add(n):
    total = n


# %% helper-code
def square(n):
    return n * n


def use(n):
    return square(n) + 1


# %% helper-code-check
kept = square
del square
try:
    use(2)
except NameError:
    pass
else:
    raise AssertionError("use does not call square")
finally:
    square = kept
    del kept
assert use(2) == 5

kept, seen = square, []


def square(n):
    seen.append(n)
    return 100


assert use(3) == 101 and seen == [3]
square = kept
assert use(3) == 10


# %% helper-code-wrong
def square(n):
    return n * n


def use(n):
    return n * n + 1


# %% array-code
import numpy as np


def normalise(a):
    if a.std() == 0:
        raise ValueError("constant")
    return (a - a.mean()) / a.std()


# %% array-code-check
from numpy.testing import assert_allclose, assert_array_equal, assert_raises

assert_allclose(normalise(np.array([1.0, 3.0])), [-1, 1])
assert_array_equal(np.sign(normalise(np.array([1.0, 2.0, 3.0]))), [-1, 0, 1])
assert_raises(ValueError, normalise, np.array([2.0, 2.0]))

# %% array-code-wrong
import numpy as np


def normalise(a):
    return a - a.mean()


# %% suite-code
class Stack:
    def __init__(self):
        self._items = []

    def push(self, item):
        self._items.append(item)

    def pop(self):
        return self._items.pop()

    def __len__(self):
        return len(self._items)


# %% suite-code-check
import io
import unittest


class TestStack(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()

    def test_last_in_first_out(self):
        self.stack.push(1)
        self.stack.push(2)
        self.assertEqual([self.stack.pop(), self.stack.pop()], [2, 1])

    def test_empty(self):
        self.assertEqual(len(self.stack), 0)
        self.assertRaises(IndexError, self.stack.pop)


tests = unittest.defaultTestLoader.loadTestsFromTestCase(TestStack)
outcome = unittest.TextTestRunner(stream=io.StringIO()).run(tests)
assert outcome.wasSuccessful(), outcome.failures


# %% suite-code-wrong
class Stack:
    def __init__(self):
        self._items = []

    def push(self, item):
        self._items.append(item)

    def pop(self):
        return self._items.pop(0)

    def __len__(self):
        return len(self._items)


# %% figure-code
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 2, 3], [1, 4, 9], label="squares")
ax.set_xlabel("n")
ax.set_title("Squares")
ax.legend()

# %% figure-code-check
assert isinstance(fig, plt.Figure)
assert ax.get_title() == "Squares" and ax.get_xlabel() == "n"
assert len(ax.lines) == 1
np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 4, 9])
assert [text.get_text() for text in ax.get_legend().get_texts()] == ["squares"]

# %% figure-code-wrong
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.scatter([1, 2, 3], [1, 4, 9], label="squares")
ax.set_title("Squares")

# %% files-code
import csv
import json
import os


def report(source, target):
    with open(source, newline="") as file:
        rows = list(csv.DictReader(file))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w") as file:
        json.dump({"rows": len(rows), "cost": sum(float(row["cost"]) for row in rows)}, file)


report("data.csv", "results/report.json")

# %% files-code-check
import json
import os
import tempfile

with open("results/report.json") as file:
    assert json.load(file) == {"rows": 2, "cost": 3.5}
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "other.csv")
    with open(path, "w") as file:
        file.write("name,cost\nx,4\n")
    report(path, os.path.join(folder, "deep", "r.json"))
    with open(os.path.join(folder, "deep", "r.json")) as file:
        assert json.load(file)["cost"] == 4
with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    file.write("name,cost\ny,1\n")
    file.flush()
    report(file.name, "results/third.json")
assert os.path.exists("results/third.json")
0.5 if os.path.exists("results/draft.json") else 1.0

# %% files-code-wrong
import os

os.makedirs("results", exist_ok=True)
for name in ("report", "draft"):
    with open(f"results/{name}.json", "w") as file:
        file.write('{"rows": 2, "cost": 3.5}')


def report(source, target):
    pass
