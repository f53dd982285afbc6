"""`python -m coreskills`: the same as `coreskills`."""

from coreskills.cli.main import main

main()
