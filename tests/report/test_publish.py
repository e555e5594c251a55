import pytest

from report.publish import publish


@pytest.fixture
def report(tmp_path):
    folder = tmp_path / "artifact"
    folder.mkdir()
    for name, content in {"index.html": "new", "a.html": "view", "card.json": "{}"}.items():
        (folder / name).write_text(content)
    return folder


def test_all_files_are_copied_and_old_pages_go(report, tmp_path):
    destination = tmp_path / "workdir" / "report"
    assert publish(str(report), destination) == destination / "index.html"
    (destination / "gone.html").write_text("of an older report")
    (destination / "notes.txt").write_text("of a person")
    (destination / "index.html").write_text("old")
    publish(str(report), destination)
    assert {path.name: path.read_text() for path in destination.iterdir()} == {
        "index.html": "new",
        "a.html": "view",
        "card.json": "{}",
        "notes.txt": "of a person",
    }


def test_the_page_comes_last(report, tmp_path, monkeypatch):
    written = []

    def write(path, content):
        written.append(path.name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr("report.publish.write_atomically", write)
    publish(str(report), tmp_path / "report")
    assert written == ["a.html", "card.json", "index.html"]


def test_an_artifact_without_a_page(tmp_path):
    (tmp_path / "artifact").mkdir()
    with pytest.raises(FileNotFoundError, match=r"holds no index\.html"):
        publish(str(tmp_path / "artifact"), tmp_path / "report")
