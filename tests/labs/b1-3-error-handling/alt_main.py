"""Rolls the history back when sending fails; reads with iter(readline); a dictionary of codes."""

# %% b13-t1-code
KINDS = {401: "fatal", 403: "fatal", 408: "retry", 409: "retry", 429: "wait"}


def classify_error(exc):
    if isinstance(exc, EnforcedSpendLimitReachedError):
        return "fatal"
    if isinstance(exc, APIStatusError):
        code = exc.status_code
        return KINDS.get(code, "retry" if code >= 500 else "fix_request")
    return "retry" if isinstance(exc, APIConnectionError) else "fatal"

# %% b13-t4-code
class ChatSession:
    def __init__(self, client, model, system, max_history_tokens, *, attempts=4, patience_s=60.0, sleep=time.sleep, now=time.monotonic, rng=None):
        self.client, self.model, self.system, self.limit = client, model, system, max_history_tokens
        self.attempts, self.patience_s, self.sleep, self.now, self.rng = attempts, patience_s, sleep, now, rng
        self.history = []

    def send(self, text):
        before = list(self.history)
        try:
            self.history.append({"role": "user", "content": text})
            while history_tokens(self.history) > self.limit and len(self.history) >= 3:
                del self.history[:2]
            with_retries = call_with_retry(
                self._call, max_attempts=self.attempts, deadline_s=self.patience_s,
                sleep=self.sleep, now=self.now, rng=self.rng or random.Random(),
            )
            self.history.append({"role": "assistant", "content": with_retries})
            return with_retries
        except BaseException:
            self.history = before
            raise

    def _call(self):
        message = self.client.messages.create(
            model=self.model, max_tokens=200, system=self.system, messages=list(self.history)
        )
        return "".join(block.text for block in message.content if block.type == "text")

# %% b13-t5-code
WORDS = {
    "retry": "The assistant cannot be reached at the moment. Please try again in some minutes.",
    "wait": "The assistant is very busy. Please try again in some minutes.",
    "fatal": "The assistant did not let us in. Please ask your administrator to check the access key and its budget.",
    "fix_request": "The assistant could not read that message. Please write it in another way, or shorter.",
}


def main(argv, stdin, stdout, stderr):
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", default=MODEL)
    arguments.add_argument("--attempts", default=4, type=int)
    arguments.add_argument("--patience", default=60, type=float)
    chosen = arguments.parse_args(argv)
    if not os.getenv("ANTHROPIC_API_KEY"):
        stderr.write("Please set ANTHROPIC_API_KEY to your access key and start again.\n")
        return 2
    session = ChatSession(
        Anthropic(max_retries=0), chosen.model, SYSTEM, 3_000, attempts=chosen.attempts, patience_s=chosen.patience
    )
    for line in iter(stdin.readline, ""):
        message = line.strip()
        if message == "quit":
            return 0
        if message:
            try:
                stdout.write(session.send(message) + "\n")
            except APIError as error:
                stderr.write(WORDS[classify_error(error)] + "\n")
                return 3
    return 0
