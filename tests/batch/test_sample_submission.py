"""Runs whose submission has the rows of a sample."""

import json

import pytest

from tests.batch.run_results import rows


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.csv"
    path.write_text("img,rle_mask\ncar_02.jpg,1 1\nzz.jpg,1 1\nbroken.jpg,1 1\ncar_00.jpg,\n")
    return str(path)


def test_its_names_in_its_order(run, photographs, sample):
    folder = photographs(3)
    (folder / "broken.jpg").touch()
    code, screen, out = run(folder, sample_submission=sample, gzip=True)
    assert code == 0
    found = rows(out / "submission.csv.gz")
    assert list(found) == ["car_02.jpg", "zz.jpg", "broken.jpg", "car_00.jpg"]
    assert [bool(runs) for runs in found.values()] == [True, False, False, True]
    assert "Warning: 2 rows have an empty mask, because there is no mask of zz.jpg" in screen
    assert "Warning: 1 masks are left out; the sample does not name them" in screen


def test_a_run_that_is_done_is_only_put_together_again(run, photographs, sample):
    folder = photographs(3)
    run(folder)
    code, screen, out = run(folder, sample_submission=sample)
    assert code == 0
    assert "3 photographs; 3 of them done before" in screen
    assert list(rows(out / "submission.csv"))[0] == "car_02.jpg"
    assert json.loads((out / "summary.json").read_text())["masked_by_this_run"] == 0


def test_compressed_or_not_there_is_one_submission(run, photographs):
    folder = photographs(1)
    for gzip, name in ((True, "submission.csv.gz"), (False, "submission.csv"), (True, None)):
        assert run(folder, gzip=gzip)[0] == 0
        [found] = (run(folder, gzip=gzip)[2]).glob("submission*")
        assert found.name == (name or "submission.csv.gz")
        assert list(rows(found)) == ["car_00.jpg"]


def test_a_sample_of_other_photographs_is_refused(run, photographs, tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("img,rle_mask\n0004d4463b50_01.jpg,\nz.jpg,\n")
    code, screen, out = run(photographs(2), sample_submission=str(sample))
    assert code == 1
    assert (
        f"{sample} names no photograph of the input: its first is 0004d4463b50_01.jpg, the input's "
        "is car_00.jpg; give the --input that it names"
    ) in screen
    assert not out.exists()


def test_a_sample_of_which_no_photograph_has_a_mask(run, photographs, tmp_path):
    folder = photographs(2)
    (folder / "broken.jpg").touch()
    sample = tmp_path / "sample.csv"
    sample.write_text("img,rle_mask\nbroken.jpg,\n")
    code, screen, _ = run(folder, sample_submission=str(sample))
    assert code == 1
    assert "not one photograph that the sample submission names has a mask" in screen
