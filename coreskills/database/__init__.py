"""What every store of ours has in common: how its database is opened, and brought up to date."""
