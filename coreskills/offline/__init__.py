"""Offline models: deterministic stand-ins that say what they are."""
