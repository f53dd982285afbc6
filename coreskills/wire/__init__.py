"""The shapes on the wire, shared by gateway, cassettes and offline models: no state, no network."""
