# The lab of the differential test: answers and their checks, a section each; read, never imported.
# ruff: noqa

# %% stats-code
def mean(values):
    if not values:
        raise ValueError('no values')
    return sum(values) / len(values)

def spread(values):
    middle = mean(values)
    return (sum((v - middle) ** 2 for v in values) / len(values)) ** 0.5

# %% stats-code-check
import pytest
assert mean([1, 2, 3]) == 2
assert abs(spread([1, 2, 3, 4]) - 1.1180339887) < 1e-6
with pytest.raises(ValueError, match='no values'):
    mean([])

# %% text-code
def count_words(text):
    found = {}
    for word in text.lower().split():
        word = word.strip('.,!?')
        if word:
            found[word] = found.get(word, 0) + 1
    return found

# %% text-code-check
assert count_words('The cat, the dog.') == {'the': 2, 'cat': 1, 'dog': 1}
assert count_words('') == {}
assert list(count_words('b a b')) == ['b', 'a']

# %% class-code
class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def pay(self, amount):
        if amount > self.balance:
            raise ValueError(f'{self.owner} has {self.balance}')
        self.balance -= amount
        return self.balance

    def __eq__(self, other):
        return self.owner == other.owner and self.balance == other.balance

# %% class-code-check
account = Account('ann', 10)
assert account.pay(4) == 6 and account.balance == 6
assert account == Account('ann', 6)
assert isinstance(account, Account)
try:
    account.pay(100)
    raise AssertionError('paid')
except ValueError as error:
    assert 'ann has 6' in str(error)

# %% array-code
def scale(array):
    low, high = array.min(), array.max()
    return (array - low) / (high - low)

# %% array-code-check
import numpy as np
np.testing.assert_allclose(scale(np.array([2.0, 4.0, 6.0])), [0, 0.5, 1])
before = np.array([1.0, 3.0])
scale(before)
assert before.tolist() == [1.0, 3.0]
0.5 if len(scale(before)) == 2 else 1.0

# %% retry-code
def retry(call, tries, sleep):
    for attempt in range(tries):
        try:
            return call()
        except TimeoutError:
            if attempt == tries - 1:
                raise
            sleep(2 ** attempt)

# %% retry-code-check
naps, tries = [], []

def flaky():
    tries.append(1)
    if len(tries) < 3:
        raise TimeoutError('slow')
    return 'done'

assert retry(flaky, 5, naps.append) == 'done'
assert naps == [1, 2] and len(tries) == 3

