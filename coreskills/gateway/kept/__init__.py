"""What the offline models remember beyond a restart, as the providers do: batches, and responses to go on from."""
