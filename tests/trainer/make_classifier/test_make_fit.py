from trainer.make_classifier.make_fit import FittedMake, LeftOut, fitted_makes


def test_photographs_and_cars_of_each_make_in_the_vocabularys_order():
    photographs = [("B", "b1"), ("A", "a1"), ("B", "b2"), ("B", "b1"), ("", "x"), ("A", "a1")]
    assert fitted_makes(photographs, ["B", "A"]) == (FittedMake("B", 3, 2), FittedMake("A", 2, 1))


def test_what_transform_writes_where_there_is_no_make_is_none():
    filler = "49d0cd50-04bb-48c0-bc6f-5b575dce351a"
    assert fitted_makes([("", "x"), ("", "y")], [filler]) == ()


def test_makes_with_a_line_break_which_transform_leaves_out():
    photographs = [("BMW\nMini", "x"), ("Audi", "y"), ("", "z"), ("A\rB", "w")]
    assert fitted_makes(photographs, ["Audi"]) == (
        FittedMake("Audi", 1, 1),
        FittedMake("A\rB", 1, 1),
        FittedMake("BMW\nMini", 1, 1),
    )


def test_left_out():
    assert LeftOut.of(["A", "", "Z", "B", "Z", ""], ["A", "B"]) == LeftOut(2, 2)
    assert LeftOut.of(["", ""], []) == LeftOut(2, 0)
    assert LeftOut.of([], ["A"]) == LeftOut(0, 0)
