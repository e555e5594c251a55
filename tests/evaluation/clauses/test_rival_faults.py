from evaluation.clauses.rival_faults import rivals_answer


def test_no_fault_passes():
    clause = rivals_answer({"cnn": {}, "blessed": {}}, 8, 0.0)
    assert clause.passed
    assert clause.name == "rivals answer"
    assert clause.reason == "cnn, blessed answered all 8 photographs"
    assert clause.numbers == {
        "photographs": 8,
        "max_rival_faults": 0.0,
        "cnn faults": 0,
        "blessed faults": 0,
    }
    assert clause.photographs == ()


def test_exactly_the_share_passes_and_is_named():
    clause = rivals_answer({"cnn": {"a_01": "no", "b_01": "never"}}, 8, 0.25)
    assert clause.passed
    assert clause.reason == (
        "cnn failed on 2 of 8 photographs (25.0%), first on a_01: no; 25.0% are allowed, and left "
        "out of the comparison"
    )
    assert clause.photographs == ("a_01", "b_01")


def test_the_photographs_of_a_rival_over_the_share_come_first():
    faults = {"cnn": {"a_01": "no"}, "blessed": {"a_01": "no", "b_01": "no", "c_01": "no"}}
    clause = rivals_answer(faults | {"cnn": {"x_01": "{odd}"}}, 8, 0.25)
    assert not clause.passed
    assert clause.photographs == ("a_01", "b_01", "c_01", "x_01")
    assert clause.reason == (
        "cnn failed on 1 of 8 photographs (12.5%), first on x_01: {odd}; blessed failed on 3 of 8 "
        "photographs (37.5%), first on a_01: no; 25.0% are allowed, and left out of the comparison"
    )


def test_a_long_list_is_cut():
    clause = rivals_answer({"cnn": {f"a_{n:02}": "no" for n in range(20)}}, 20, 0.25)
    assert clause.photographs == tuple(f"a_{n:02}" for n in range(16))
    assert clause.numbers["cnn faults"] == 20
