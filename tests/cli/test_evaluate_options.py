from __future__ import annotations

import pytest
from typer.testing import CliRunner

from lamforge.cli.evaluate import app
from lamforge.errors import UsageError


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--results", "r.json", "--trials", "2"], "--trials"),
        (["--results", "r.json", "--no-constrain"], "--constrain"),
        (["--results", "r.json", "--temperature", "0.001"], "--temperature"),
        (["--out", "o", "--answers", "calls"], "--answers"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(words, option):
    with pytest.raises(UsageError, match=f"^{option} means nothing"):
        CliRunner().invoke(app, ["bfcl", *words], catch_exceptions=False)
