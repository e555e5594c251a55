import pytest

from components.folder_files import UnusableFolder
from components.spans import Span, resolve_spans
from pipeline.config import SpanConfig
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem


@pytest.fixture(params=["local", "memory", "folders"])
def photos(request, tmp_path, monkeypatch):
    """Puts a photograph into each of the named folders; returns the folder of all."""
    systems = {"memory": MemoryFileSystem, "folders": FoldersFileSystem}

    def put(*folders):
        if request.param == "local":
            for folder in folders:
                (tmp_path / "photos" / folder / "train").mkdir(parents=True)
            return f"{tmp_path}/photos"
        base = f"{request.param}://bucket/photos"
        files = {f"{base}/{folder}/train/a_01.jpg": b"" for folder in folders}
        monkeypatch.setattr(systems[request.param], "files", files)
        return base

    return put


def numbers(spans):
    return [span.number for span in spans]


class TestAnywhere:
    def test_the_newest_alone(self, photos):
        base = photos("span-2", "span-10", "span-9")
        assert resolve_spans(f"{base}/span-{{SPAN}}", SpanConfig()) == (
            Span(10, None, f"{base}/span-10"),
        )

    @pytest.mark.parametrize(
        ("config", "taken"),
        [
            (SpanConfig(window=2), [7, 10]),
            (SpanConfig(window=9), [1, 2, 7, 10]),
            (SpanConfig(window=0), [1, 2, 7, 10]),
            (SpanConfig(span=2), [2]),
            (SpanConfig(span=7, window=2), [2, 7]),
            (SpanConfig(span=7, window=0), [1, 2, 7]),
        ],
    )
    def test_windows(self, photos, config, taken):
        base = photos("10", "2", "1", "7")
        assert numbers(resolve_spans(f"{base}/{{SPAN}}", config)) == taken

    def test_the_highest_version_of_each_span(self, photos):
        base = photos("span-1/v2", "span-1/v10", "span-2/v1")
        assert resolve_spans(f"{base}/span-{{SPAN}}/v{{VERSION}}", SpanConfig(window=0)) == (
            Span(1, 10, f"{base}/span-1/v10"),
            Span(2, 1, f"{base}/span-2/v1"),
        )

    def test_dates_with_names_behind_them(self, photos):
        base = photos("2024/02/29/kaggle", "2024/03/01/kaggle", "2024/03/02/other")
        assert resolve_spans(f"{base}/{{YYYY}}/{{MM}}/{{DD}}/kaggle", SpanConfig()) == (
            Span(19783, None, f"{base}/2024/03/01/kaggle"),
        )

    def test_other_and_hidden_folders_do_not_count(self, photos):
        base = photos("span-1", "raw", ".span-2")
        assert numbers(resolve_spans(f"{base}/span-{{SPAN}}", SpanConfig(window=0))) == [1]

    def test_a_wrong_number_is_told(self, photos):
        base = photos("span-1", "span-2b")
        with pytest.raises(UnusableFolder, match="span-2b is not numbered like that"):
            resolve_spans(f"{base}/span-{{SPAN}}", SpanConfig())

    def test_no_span(self, photos):
        base = photos("raw")
        with pytest.raises(
            UnusableFolder, match=r"\{VERSION\}: no folder fits; .*photos/span-1/v1$"
        ):
            resolve_spans(f"{base}/span-{{SPAN:2}}/v{{VERSION}}", SpanConfig())

    def test_a_span_that_is_not_there(self, photos):
        base = photos("1", "3")
        with pytest.raises(UnusableFolder, match="no span 2, which .*; there are 1, 3$"):
            resolve_spans(f"{base}/{{SPAN}}", SpanConfig(span=2))

    def test_two_folders_of_one_number(self, photos):
        base = photos("1", "01")
        with pytest.raises(UnusableFolder, match="photos/01 and .*photos/1 have the same number"):
            resolve_spans(f"{base}/{{SPAN}}", SpanConfig())


class TestPlainFolder:
    @pytest.mark.parametrize("data", ["photos", "/a b/", "memory://bucket/photos"])
    def test_is_span_0(self, data):
        assert resolve_spans(data, SpanConfig(window=3)) == (Span(0, None, data),)

    def test_has_no_other_span(self):
        with pytest.raises(UnusableFolder, match="data.spans.span=3 asks for a span"):
            resolve_spans("photos", SpanConfig(span=3))

    def test_that_is_named_like_a_pattern(self, tmp_path):
        folder = tmp_path / "{SPAN}"
        folder.mkdir()
        assert resolve_spans(str(folder), SpanConfig()) == (Span(0, None, str(folder)),)

    def test_an_unknown_file_system_is_told_at_once(self):
        with pytest.raises(UnusableFolder, match="^ftp://host/photos: Unable to get filesystem"):
            resolve_spans("ftp://host/photos", SpanConfig())


def test_relative_patterns(tmp_path, monkeypatch):
    (tmp_path / "span-4").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve_spans("span-{SPAN}", SpanConfig()) == (Span(4, None, "span-4"),)
    assert resolve_spans("./span-{SPAN}", SpanConfig()) == (Span(4, None, "./span-4"),)
