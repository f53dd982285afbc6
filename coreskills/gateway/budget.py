"""Budgets: what a learner has spent in a lab, and what the calls under way may still cost."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from coreskills.ledger.store import Ledger

Verdict = Literal["go", "spent", "busy"]
KEPT_ACCOUNTS = 10_000


@dataclass
class Account:
    """One learner in one lab.

    Attributes:
        held_usd: Reserved by calls under way.
    """

    spent_usd: Decimal
    held_usd: Decimal = Decimal(0)
    under_way: int = 0


class Budgets:
    """The accounts of a gateway; safe to use from several threads.

    The ledger is the truth: an account starts with what it has, and this gateway adds each call as it is written.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._accounts: OrderedDict[tuple[str, str], Account] = OrderedDict()
        self._lock = threading.Lock()

    def spent_usd(self, learner: str, lab: str) -> Decimal:
        """US dollars at list price, of all calls that ended."""
        with self._lock:
            return self._account(learner, lab).spent_usd

    def reserve(self, learner: str, lab: str, *, budget_usd: Decimal | None, estimate_usd: Decimal) -> Verdict:
        """Ask for a call to go out; ``go`` must be followed by ``settle``.

        Returns:
            ``spent`` when the budget is gone; ``busy`` when the calls under way may use up what is left.
        """
        with self._lock:
            account = self._account(learner, lab)
            if budget_usd is not None:
                if account.spent_usd >= budget_usd:
                    return "spent"
                if account.under_way and account.spent_usd + account.held_usd >= budget_usd:
                    return "busy"
            account.held_usd += estimate_usd
            account.under_way += 1
            return "go"

    def settle(self, learner: str, lab: str, *, estimate_usd: Decimal, cost_usd: Decimal | None) -> None:
        """End a call that ``reserve`` let go; an unknown cost adds nothing."""
        with self._lock:
            account = self._account(learner, lab)
            account.held_usd -= estimate_usd
            account.under_way -= 1
            account.spent_usd += cost_usd or 0

    def add(self, learner: str, lab: str, cost_usd: Decimal | None) -> None:
        """Count a cost that was not reserved, such as a batch's result."""
        with self._lock:
            self._account(learner, lab).spent_usd += cost_usd or 0

    def _account(self, learner: str, lab: str) -> Account:
        account = self._accounts.get((learner, lab))
        if account is None:
            account = self._accounts[learner, lab] = Account(self._ledger.spent(learner=learner, lab=lab))
            self._forget_oldest()
        else:
            self._accounts.move_to_end((learner, lab))
        return account

    def _forget_oldest(self) -> None:
        oldest = next(iter(self._accounts))
        if len(self._accounts) > KEPT_ACCOUNTS and self._accounts[oldest].under_way == 0:
            del self._accounts[oldest]
