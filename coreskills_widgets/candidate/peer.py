"""A conversation between two processes: one side asks, the other may ask back while it works on the answer.

A request is ``{n, op, to, a, k, heap, drop}``; its answer is ``{n, value | error, heap, back, said}``. Mutable
containers in a request that the other side changed come back in ``back`` and are changed in place here, as if both
had shared them.
"""

from __future__ import annotations

import threading
from typing import Any

from coreskills_widgets.candidate.channel import Channel
from coreskills_widgets.candidate.codec import CONTAINERS, Decoder, Encoder, Lender, Wire, WireError

Message = dict[str, Any]


class Peer(Lender):
    """One side of the conversation.

    The floor is the right to read the channel: whoever asks holds it until the answer is there, whoever waits for work
    holds it while idle, and nobody holds it while running someone's code.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.lent: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = 1
        self._asked = 0
        self.floor = threading.Lock()

    # ---- for subclasses ----
    def perform(self, op: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Do what the other side asks."""
        raise NotImplementedError

    def encode_error(self, error: BaseException, encoder: Encoder) -> Wire:
        raise NotImplementedError

    def decode_error(self, wire: Wire, decoder: Decoder) -> BaseException:
        raise NotImplementedError

    def said(self) -> list[Any]:
        """Hand over what was printed since last asked."""
        return []

    def heard(self, outputs: list[Any]) -> None:
        """Take what the other side printed."""

    def dropped(self) -> list[list[int]]:
        """Hand over the numbers of the other side's objects that are no longer used here, with how often they came."""
        return []

    # ---- lending ----
    def number(self, value: object) -> int:
        """Give an object its number, the same each time."""
        number = self._numbers.get(id(value))
        if number is None:
            number = self._next
            self._next += 1
            self._numbers[id(value)] = number
            self.lent[number] = value
        return number

    def owned(self, number: int) -> Any:
        """Look up an object we lent.

        Raises:
            WireError: We lent no such object.
        """
        try:
            return self.lent[number]
        except (KeyError, TypeError):
            raise WireError(f"object {number!r} was never lent") from None

    def forget(self, number: int) -> None:
        value = self.lent.pop(number, None)
        if value is not None:
            self._numbers.pop(id(value), None)

    # ---- asking ----
    def ask(self, op: str, to: int | None = None, *args: Any, **kwargs: Any) -> Any:
        """Have the other side do something, and wait; serves it meanwhile.

        Raises:
            Exception: Whatever the other side raised.
        """
        encoder = Encoder(self)
        message: Message = {"op": op, "to": to, "a": encoder.all(args)}
        if kwargs:
            message["k"] = {name: encoder.encode(value) for name, value in kwargs.items()}
        if encoder.heap:
            message["heap"] = encoder.heap
        if drop := self.dropped():
            message["drop"] = drop
        answer = self._converse(message)
        return self._take(answer, encoder)

    def _converse(self, message: Message) -> Message:
        with self.floor:
            self._asked += 1
            message["n"] = number = self._asked
            self.channel.send(message)
            while True:
                answer = self.receive()
                if "op" in answer:
                    self.serve(answer)
                elif answer.get("n") == number:
                    return answer
                else:
                    self.out_of_step()

    def out_of_step(self) -> None:
        """An answer came that belongs to no open question.

        Raises:
            WireError: Always.
        """
        raise WireError("an answer belongs to another question")

    def receive(self) -> Message:
        message = self.channel.receive()
        if not isinstance(message, dict):
            raise WireError("a message is not an object")
        return message

    def _take(self, answer: Message, encoder: Encoder) -> Any:
        if said := answer.get("said"):
            self.heard(said)
        heap = answer.get("heap") or []
        decoder = Decoder(self, [*encoder.heap, *heap])
        for place, original in enumerate(encoder.kept):
            decoder.built[place] = original
        for place, wire in answer.get("back") or []:
            decoder.fill(encoder.kept[place], wire)
        if "error" in answer:
            raise self.decode_error(answer["error"], decoder)
        return decoder.decode(answer.get("value"))

    # ---- serving ----
    def serve(self, message: Message) -> None:
        """Answer one request; the floor is held on entry and on return, and free while the work runs."""
        heap = message.get("heap") or []
        decoder = Decoder(self, heap)
        encoder = Encoder(self)
        answer: Message = {}
        for number, times in message.get("drop") or []:
            self.released(number, times)
        try:
            args = decoder.all(message.get("a") or [])
            kwargs = {name: decoder.decode(wire) for name, wire in (message.get("k") or {}).items()}
            target = None if message.get("to") is None else self.owned(message["to"])
            self.floor.release()
            try:
                value = self.perform(str(message["op"]), target, args, kwargs)
            finally:
                self.floor.acquire()
            seed(encoder, decoder, heap)
            answer["value"] = encoder.encode(value)
        except BaseException as error:
            if self.ends(error):
                raise
            encoder = Encoder(self)
            seed(encoder, decoder, heap)
            answer = {"error": self.encode_error(error, encoder)}
        if heap:
            answer["back"] = changes(encoder, decoder, heap)
        if fresh := encoder.heap[len(heap) :]:
            answer["heap"] = fresh
        if said := self.said():
            answer["said"] = said
        answer["n"] = message.get("n")
        self.reply(answer)

    def released(self, number: int, times: int) -> None:
        self.forget(number)

    def ends(self, error: BaseException) -> bool:
        """Say whether an exception ends the conversation instead of being an answer."""
        return False

    def reply(self, answer: Message) -> None:
        self.channel.send(answer)


def seed(encoder: Encoder, decoder: Decoder, heap: list[Wire]) -> None:
    """Let an answer refer to the request's containers by their places, so that identity survives the round trip."""
    encoder.heap = list(heap)
    encoder.kept = [decoder.built.get(place) for place in range(len(heap))]
    encoder.know({id(value): place for place, value in decoder.built.items() if place < len(heap)})


def changes(encoder: Encoder, decoder: Decoder, heap: list[Wire]) -> list[list[Any]]:
    """Find which of the request's containers differ from what was sent."""
    found = []
    for place, value in list(decoder.built.items()):
        if place < len(heap):
            wire = CONTAINERS[type(value)](encoder, value)
            if wire != heap[place]:
                found.append([place, wire])
    return found
