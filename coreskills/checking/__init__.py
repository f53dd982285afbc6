"""Proof that a lab grades as it should: full marks for good work, none for none, and the usual tricks caught."""
