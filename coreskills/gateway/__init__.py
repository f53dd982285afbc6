"""The gateway: one HTTP service that every call of a learner's code passes, metered and priced."""
