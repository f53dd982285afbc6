"""The store of calls: one row per request a learner's code sent, and what it cost."""

from coreskills.ledger.call import Call
from coreskills.ledger.pricing import price_call
from coreskills.ledger.store import Ledger
from coreskills.ledger.totals import Total

__all__ = ["Call", "Ledger", "Total", "price_call"]
