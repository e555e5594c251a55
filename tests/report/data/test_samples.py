import pytest

from report.data.samples import choose_extremes, choose_samples


def _ids(chosen):
    return [each.photograph.image_id for each in chosen]


def test_samples_go_through_cars_and_poses(photograph_statistics):
    ids = [f"{car:02}_{pose:02}" for car in range(24) for pose in range(1, 17)]
    chosen = choose_samples([photograph_statistics(each) for each in ids])
    assert len(chosen) == 12
    assert {each.photograph.group_id for each in chosen} == {f"{car:02}" for car in range(0, 24, 2)}
    assert len({each.photograph.pose for each in chosen}) == 12


def test_one_car_gives_as_many_samples_as_it_has_poses(photograph_statistics):
    ids = [f"only_{pose:02}" for pose in range(1, 9)]
    assert _ids(choose_samples([photograph_statistics(each) for each in ids])) == ids


def test_no_photographs_no_samples():
    assert choose_samples([]) == []
    assert choose_extremes([]) == []


def test_extremes(photograph_statistics):
    photographs = [
        photograph_statistics("a_01", mask_area=0.1, brightness=50.0, saturation=0.3),
        photograph_statistics("b_01", mask_area=0.4, brightness=90.0, saturation=0.1),
        photograph_statistics("c_01", mask_area=None, brightness=10.0, saturation=0.2),
    ]
    assert [(what, each.photograph.group_id) for what, each in choose_extremes(photographs)] == [
        ("smallest mask", "a"),
        ("largest mask", "b"),
        ("darkest", "c"),
        ("brightest", "b"),
        ("least colourful", "b"),
        ("most colourful", "a"),
    ]


@pytest.mark.parametrize("name", ["smallest mask", "largest mask"])
def test_no_ends_of_masks_that_are_not_there(photograph_statistics, name):
    found = choose_extremes([photograph_statistics(mask_area=None)])
    assert name not in dict(found)
    assert len(found) == 4
