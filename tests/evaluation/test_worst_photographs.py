import csv
import html.parser
import io
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from evaluation.difference import MISSED, SURPLUS
from evaluation.figures import Figures
from evaluation.photograph_score import PhotographScore
from evaluation.worst_photographs import WorstInput, picture_name, worst, write_worst

HOSTILE = '../a b/<img src=x onerror="alert(1)">&\'é車$title'


def score(image_id, dice, fault="", **changes):
    figures = Figures(dice, 0.5, 0.5, 0.5, 0.5, 1234.567, 65432, 0.0, 0.0, 0.0)
    values = {
        "model": "unet",
        "image_id": image_id,
        "group_id": "car",
        "pose": 3,
        "make": "Acme",
        "year": 2012,
        "height": 64,
        "width": 96,
        "mask_area": 0.25,
        "figures": figures,
        "ceiling": 1.0,
        "reply_bytes": 100,
        "seconds": 0.1,
        "fault": fault,
    }
    return PhotographScore(**values | changes)


@pytest.fixture
def files(file_of):
    """A white photograph; the mask misses the car's left half and takes in as much to its right."""
    truth, mask = np.zeros((2, 64, 96), np.uint8)
    truth[16:48, 24:56] = 255
    mask[16:48, 40:72] = 255
    photograph = np.full((64, 96, 3), 255, np.uint8)
    return WorstInput(file_of(photograph, "JPEG"), file_of(truth, "PNG"), file_of(mask, "PNG"))


class _Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if data.strip():
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def page(folder):
    return _Page((folder / "worst.html").read_text(encoding="utf-8"))


def table(folder):
    text = (folder / "worst.csv").read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_faults_come_first_then_the_lowest_dice_and_equals_by_id():
    scores = [
        score("e", 0.5),
        score("b", 0.75),
        score("a", 0.75),
        score("d", 0.0),
        score("z", 0.0, "no reply"),
        score("f", 1.0),
    ]
    assert [each.image_id for each in worst(scores, 5)] == ["z", "d", "e", "a", "b"]
    assert [each.image_id for each in worst(scores[::-1], 12)] == ["z", "d", "e", "a", "b", "f"]


def test_the_table_holds_the_rows_in_order(tmp_path, files):
    asked = []

    def photograph_of(image_id):
        asked.append(image_id)
        return files

    write_worst(
        str(tmp_path), [score("b", 0.75), score("a", 0.1), score("c", 0.125)], photograph_of, 2
    )
    assert asked == ["a", "c"]
    assert table(tmp_path) == [
        {
            "rank": rank,
            "image_id": image_id,
            "group_id": "car",
            "make": "Acme",
            "year": "2012",
            "pose": "3",
            "dice": dice,
            "boundary_distance": "1234.567",
            "false_area": "65432",
            "fault": "",
            "picture": f"worst/{image_id}.jpg",
        }
        for rank, image_id, dice in (("1", "a", "0.1"), ("2", "c", "0.125"))
    ]
    assert sorted(path.name for path in (tmp_path / "worst").iterdir()) == ["a.jpg", "c.jpg"]


def test_the_page_says_what_the_table_does(tmp_path, files):
    scores = [score("a", 0.1), score("b", 0.75, pose=-1, year=-1, make=""), score("c", 0.9)]
    write_worst(str(tmp_path), scores, lambda _: files, count=2)
    read = page(tmp_path)
    cells = read.text[read.text.index("False area") + 1 :]
    assert cells == [
        *("1", "a", "car Acme 2012", "3", "0.1000", "1,234.57 px", "65,432 px"),
        *("2", "b", "car", "unknown", "0.7500", "1,234.57 px", "65,432 px"),
    ]
    assert "Worst photographs of unet" in read.text
    assert any("The 2 photographs of 3 " in each for each in read.text)
    assert [each["src"] for each in read.all("img")] == ["worst/a.jpg", "worst/b.jpg"]
    assert read.all("img")[0]["alt"] == (
        "a: photograph, truth, mask with 512 px missed and 512 px surplus, and the difference"
    )
    # The legend has the colours of the pictures.
    assert [each["style"] for each in read.all("span")] == [
        "background:#e69f00",
        "background:#56b4e9",
    ]
    # Nothing is fetched from elsewhere.
    assert not {"link", "script", "iframe"} & {tag for tag, _ in read.tags}
    assert "http" not in (tmp_path / "worst.html").read_text(encoding="utf-8")


def test_the_picture_shows_the_difference(tmp_path, files):
    write_worst(str(tmp_path), [score("a", 0.5)], lambda _: files)
    picture = tmp_path / "worst" / "a.jpg"
    assert picture.stat().st_size < 150_000
    pixels = np.asarray(Image.open(picture)).astype(int)
    read = page(tmp_path).all("img")[0]
    assert (read["width"], read["height"]) == ("1944", str(pixels.shape[0]))
    # Panels are 480 px wide, five times the photograph, below a caption of 40 px.
    for (row, column), colour in {
        (20, 30): MISSED,
        (20, 65): SURPLUS,
        (5, 5): (89, 89, 89),
    }.items():
        drawn = pixels[40 + row * 5, 3 * 488 + column * 5]
        np.testing.assert_allclose(drawn, colour, atol=8)


def test_the_worst_to_compress_still_fits(tmp_path, file_of):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (900, 960, 3), np.uint8)
    truth, mask = rng.integers(0, 2, (2, 900, 960), np.uint8) * 255
    files = WorstInput(file_of(noise, "PNG"), file_of(truth, "PNG"), file_of(mask, "PNG"))
    write_worst(str(tmp_path), [score("noise", 0.5)], lambda _: files)
    assert 50_000 < (tmp_path / "worst" / "noise.jpg").stat().st_size <= 150_000


def test_a_photograph_without_a_mask_says_why(tmp_path, files):
    fault = 'ServingError: <script>"no"</script>'
    unanswered = WorstInput(files.image, files.truth, None)
    # A reply that was refused is not drawn either.
    given = {"none": unanswered, "refused": WorstInput(files.image, files.truth, b"no PNG")}
    scores = [score("none", 0.0, fault), score("refused", 0.0, fault)]
    write_worst(str(tmp_path), scores, given.__getitem__)
    read = page(tmp_path)
    assert read.text.count(f"No mask: {fault}") == 2
    assert "1,234.57 px" not in read.text
    assert read.all("img")[0]["alt"] == "none: photograph, truth, no mask, and the difference"
    assert [row["fault"] for row in table(tmp_path)] == [fault, fault]
    for name in given:
        pixels = np.asarray(Image.open(tmp_path / "worst" / f"{name}.jpg")).astype(int)
        assert pixels.shape[0] == 40 + 320 + 8
        np.testing.assert_allclose(pixels[40, 2 * 488 + 10], (56, 56, 56), atol=8)
        # All of the car is missed: here it is in the middle of what the mask would have held.
        np.testing.assert_allclose(pixels[40 + 160, 3 * 488 + 250], MISSED, atol=8)


def test_a_reply_of_another_size_is_refused(tmp_path, files, file_of):
    reply = file_of(np.zeros((64, 95), np.uint8), "PNG")
    with pytest.raises(ValueError, match="one size"):
        write_worst(
            str(tmp_path),
            [score("a", 0.5)],
            lambda _: WorstInput(files.image, files.truth, reply),
        )


def test_hostile_text_is_text(tmp_path, files):
    hostile = score(HOSTILE, 0.5, group_id="<b>&", make="<i>'", model="<u>", fault=HOSTILE)
    write_worst(str(tmp_path), [hostile], lambda _: files)
    read = page(tmp_path)
    assert HOSTILE in read.text
    assert f"No mask: {HOSTILE}" in read.text
    assert "<b>& <i>' 2012" in read.text
    assert "Worst photographs of <u>" in read.text
    assert not {"b", "i", "u", "script"} & {tag for tag, _ in read.tags}
    assert [set(each) for each in read.all("img")] == [{"src", "width", "height", "loading", "alt"}]
    (row,) = table(tmp_path)
    assert (row["image_id"], row["fault"]) == (HOSTILE, HOSTILE)
    # The picture lies in its folder, and page and table lead to it.
    (picture,) = (tmp_path / "worst").iterdir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["worst", "worst.csv", "worst.html"]
    assert row["picture"] == f"worst/{picture.name}"
    assert unquote(read.all("img")[0]["src"]) == f"worst/{picture.name}"
    assert read.all("a")[0]["href"] == read.all("img")[0]["src"]


def test_no_photographs_make_an_empty_table(tmp_path):
    write_worst(str(tmp_path / "new" / "folder"), [], lambda _: pytest.fail("asked"))
    assert table(tmp_path / "new" / "folder") == []
    assert page(tmp_path / "new" / "folder").all("img") == []


def test_common_ids_name_their_pictures():
    assert picture_name("0cdf5b5d0ce1_01") == "0cdf5b5d0ce1_01.jpg"
    assert picture_name("a b/ü") == "a%20b%2F%C3%BC.jpg"


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.text(max_size=3))
@example("車" * 200, "x")
@example("..", "/")
def test_any_id_is_a_safe_name_of_its_own(image_id, more):
    name = picture_name(image_id)
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~%")
    assert len(name) <= 160
    assert name.endswith(".jpg")
    if more.isascii() and more:
        assert picture_name(image_id + more) != name
