"""What an offline model can do: one file per ability."""
