import pytest
from pydantic import ValidationError

from evaluation.clause import Clause, worst_first


def test_the_worst_comes_first_and_equals_keep_their_order():
    assert worst_first(["a", "b", "c", "d"], [0.0, 1.0, -1.0, 1.0]) == ("b", "d", "a", "c")


def test_no_more_than_one_turn_of_the_table_is_named():
    names = [f"{n:02}" for n in range(40)]
    assert worst_first(names, range(40)) == tuple(reversed(names[24:]))


def test_a_clause_holds_no_nan():
    with pytest.raises(ValidationError, match="finite number"):
        Clause("asked", True, "", {"number": float("nan")})
