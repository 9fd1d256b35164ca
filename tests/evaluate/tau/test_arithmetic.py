import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.domains import ToolError
from lamforge.evaluate.tau.arithmetic import allowed, calculate


def outcome(make):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


PIECES = st.lists(st.sampled_from(["1", "23", "4.5", ".5", "+", "-", "*", "/", "//", "(", ")", " ", "0"]), max_size=9)


@settings(max_examples=400, deadline=None)
@given(PIECES)
def test_it_gives_what_python_would_make_of_the_expression(pieces):
    text = "".join(pieces)
    expected = outcome(lambda: str(round(float(eval(text, {"__builtins__": None}, {})), 2)))  # noqa: S307
    found = outcome(lambda: calculate(text))
    if expected.startswith("SyntaxError"):
        assert found.startswith("SyntaxError")
    else:
        assert found == expected


def test_sums_of_hundreds_of_terms_are_worked_out():
    assert calculate("+".join(["1"] * 800)) == "800.0"


@pytest.mark.parametrize("expression", ["9**9**9", "9**9**9**9**9", "1" + "0" * 20_000, "(9**3000)*(9**3000)"])
def test_what_would_take_the_machine_is_refused(expression):
    with pytest.raises(ToolError, match="too l"):
        calculate(expression)


def test_letters_are_not_allowed():
    assert not allowed("print(1)")
    assert allowed("(1 + 2.5) / -3")
