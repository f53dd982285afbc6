"""Appends the message before it is sent, and forgets the past by cutting single turns.

loses: b13-t4a-hidden, b13-t4b-hidden
"""

# %% b13-t4-code
class ChatSession:
    def __init__(self, client, model, system, max_history_tokens, *, attempts=4, patience_s=60.0, sleep=time.sleep, now=time.monotonic, rng=None):
        self.client, self.model, self.system, self.limit = client, model, system, max_history_tokens
        self.options = dict(max_attempts=attempts, deadline_s=patience_s, sleep=sleep, now=now, rng=rng or random.Random())
        self.history = []

    def send(self, text):
        self.history.append({"role": "user", "content": text})
        while len(self.history) > 1 and history_tokens(self.history) > self.limit:
            self.history.pop(0)
        message = call_with_retry(
            lambda: self.client.messages.create(model=self.model, max_tokens=200, system=self.system, messages=self.history),
            **self.options,
        )
        reply = "".join(block.text for block in message.content if block.type == "text")
        self.history.append({"role": "assistant", "content": reply})
        return reply
