import tracemalloc

from report.data.unlabelled import count_names, names_digest, unlabelled_of


def test_counts_by_name_and_metadata(tmp_path):
    (tmp_path / "test").mkdir()
    names = ["a_01.jpg", "a_02.JPG", "b_02.png", "c_16.jpeg", "d_17.jpg", "a.jpg", "b_01.txt"]
    for name in [*names, ".hidden_01.jpg"]:
        (tmp_path / "test" / name).touch()
    found = unlabelled_of(
        [str(tmp_path)],
        {"a": ("Acme", "Rocket", 2012), "b": ("Acme", "", 2013), "z": ("Zeta", "Z", 1)},
    )
    assert (found.photographs, found.cars, found.other_files) == (4, 3, 3)
    assert dict(found.poses) == {1: 1, 2: 2, 16: 1}
    assert dict(found.makes) == {"Acme": 2, "": 1}
    assert dict(found.models) == {("Acme", "Rocket"): 1, ("Acme", ""): 1, ("", ""): 1}
    assert dict(found.years) == {2012: 1, 2013: 1, -1: 1}


def test_no_folder_is_not_an_empty_one(tmp_path):
    assert unlabelled_of([str(tmp_path)], {}) is None
    (tmp_path / "test").mkdir()
    assert unlabelled_of([str(tmp_path)], {}).photographs == 0


def test_several_folders_are_counted_together(tmp_path):
    for folder, names in {"one": ["a_01.jpg"], "two": ["a_02.jpg", "b_01.jpg"], "none": []}.items():
        (tmp_path / folder / "test").mkdir(parents=True)
        for name in names:
            (tmp_path / folder / "test" / name).touch()
    (tmp_path / "none" / "test").rmdir()
    found = unlabelled_of([str(tmp_path / each) for each in ("one", "none", "two")], {})
    assert (found.photographs, found.cars) == (3, 2)


def test_a_digest_notices_what_came_and_went(tmp_path):
    place = tmp_path / "test"
    place.mkdir()

    def digest():
        return names_digest([str(tmp_path)])

    empty = digest()
    assert names_digest([]) == empty == names_digest([str(tmp_path / "gone")])
    for name in ("a_01.jpg", "b_01.jpg"):
        (place / name).touch()
    two = digest()
    (place / "b_01.jpg").rename(place / "b_02.jpg")
    assert len({empty, two, digest()}) == 3
    (place / "b_02.jpg").rename(place / "b_01.jpg")
    assert digest() == two


def test_the_challenges_photographs_take_next_to_no_memory():
    # Sixteen poses of each car, as there.
    names = (f"{number // 16:012x}_{number % 16 + 1:02}.jpg" for number in range(100_064))
    tracemalloc.start()
    counted = count_names(names, {})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (counted.photographs, counted.cars) == (100_064, 6_254)
    assert set(counted.poses.values()) == {6_254}
    assert most < 2 * 2**20
