"""The command line as a whole: each verb can be asked how it is used, and a slip of the fingers is understood."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from coreskills.cli.main import VERBS, cli


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_how_to_use_it(verb: str) -> None:
    """Its --help has an example."""
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "Example" in result.output


def test_a_mistyped_verb_names_the_nearest() -> None:
    """And a word that is near to none does not guess."""
    near, far = (CliRunner().invoke(cli, [word]) for word in ("chek", "zzz"))
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "Did you mean 'check'?" in near.output
    assert "No such command 'zzz'" in far.output
    assert "Did you mean" not in far.output
