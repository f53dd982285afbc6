"""match statements, recursion instead of a loop, a deque for the history."""

# %% b13-t1-code
def classify_error(exc):
    match exc:
        case EnforcedSpendLimitReachedError():
            return "fatal"
        case RateLimitError():
            return "wait"
        case APIConnectionError():
            return "retry"
        case APIStatusError(status_code=401 | 403):
            return "fatal"
        case APIStatusError(status_code=code) if code in {408, 409} or 500 <= code:
            return "retry"
        case APIStatusError():
            return "fix_request"
        case _:
            return "fatal"

# %% b13-t2-code
def backoff(attempt, *, base, cap, rng):
    limit = base
    for _ in range(attempt):
        limit = min(2 * limit, cap)
    return rng.random() * min(limit, cap)

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    end = now() + deadline_s

    def attempt(number):
        try:
            return fn()
        except Exception as error:
            is_last = number + 1 >= max_attempts
            if is_last or classify_error(error) not in {"retry", "wait"}:
                raise
            pause = backoff(number, base=1, cap=30, rng=rng)
            asked = retry_after_s(error)
            pause = asked if asked > pause else pause
            if now() + pause > end:
                raise
        sleep(pause)
        return attempt(number + 1)

    return attempt(0)

# %% b13-t4-code
from collections import deque


class ChatSession:
    def __init__(self, client, model, system, max_history_tokens, *, attempts=4, patience_s=60.0, sleep=time.sleep, now=time.monotonic, rng=None):
        self._exchanges = deque()
        self._request = dict(model=model, max_tokens=300, system=[{"type": "text", "text": system}])
        self._client, self._limit = client, max_history_tokens
        self._retry = dict(max_attempts=attempts, deadline_s=patience_s, sleep=sleep, now=now, rng=rng or random.Random())

    @property
    def history(self):
        return [turn for exchange in self._exchanges for turn in exchange]

    def send(self, text):
        new = {"role": "user", "content": text}
        kept = deque(self._exchanges)

        def turns():
            return [turn for exchange in kept for turn in exchange] + [new]

        while kept and history_tokens(turns()) > self._limit:
            kept.popleft()
        message = call_with_retry(lambda: self._client.messages.create(messages=turns(), **self._request), **self._retry)
        reply = "\n".join(block.text for block in message.content if block.type == "text")
        kept.append((new, {"role": "assistant", "content": reply}))
        self._exchanges = kept
        return reply
