import re

from pipeline.pipeline_name import shared_store_name


def test_each_workdir_has_a_name_and_keeps_it(tmp_path):
    workdirs = [tmp_path / "a", tmp_path / "b"]
    for workdir in workdirs:
        workdir.mkdir()
    first, second = map(shared_store_name, workdirs)
    assert first != second
    assert re.fullmatch("mask-[0-9a-f]{12}", first)
    # The name moves with the folder, and a context's name must have one point only.
    assert shared_store_name(workdirs[0].rename(tmp_path / "c")) == first
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["pipeline_name"]
