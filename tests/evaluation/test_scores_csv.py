import csv

import pytest

from evaluation.scores_csv import read_scores_csv, write_scores_csv

COLUMNS = [
    *("model", "image_id", "group_id", "pose", "make", "year", "height", "width", "mask_area"),
    *("ceiling", "reply_bytes", "seconds", "fault"),
    *("dice", "iou", "precision", "recall", "boundary_f1", "boundary_distance"),
    *("false_area", "area_error", "offset_x", "offset_y"),
]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_row_per_score_with_a_column_per_figure(score_of, tmp_path):
    scores = [
        score_of("unet", "a_02", dice=0.1 + 0.2, false_area=7, ceiling=0.9975, offset_x=-1.5),
        score_of("cnn", "b_16", dice=0.5, area_error=-0.25),
    ]
    write_scores_csv(str(tmp_path / "scores.csv"), iter(scores))
    header, unet, cnn = read(tmp_path / "scores.csv")
    assert header == COLUMNS
    assert dict(zip(header, unet, strict=True)) == {
        **{"model": "unet", "image_id": "a_02", "group_id": "a", "pose": "2", "make": "Acme"},
        **{"year": "2012", "height": "500", "width": "1000", "mask_area": "0.25"},
        **{"ceiling": "0.9975", "reply_bytes": "1000", "seconds": "0.25", "fault": ""},
        **dict.fromkeys(COLUMNS[13:18], "0.30000000000000004"),
        **{"boundary_distance": "0.5", "false_area": "7", "area_error": "0.0"},
        **{"offset_x": "-1.5", "offset_y": "0.0"},
    }
    assert cnn[:4] == ["cnn", "b_16", "b", "16"]
    assert (cnn[COLUMNS.index("dice")], cnn[COLUMNS.index("area_error")]) == ("0.5", "-0.25")


def test_text_that_a_table_could_stumble_over_comes_back(score_of, tmp_path):
    fault = 'ValueError: "a", b;\nsecond line\r\n'
    score = score_of("unet", "a_01", make="Citroën, \u2028Ltd", fault=fault)
    write_scores_csv(str(tmp_path / "scores.csv"), [score])
    header, row = read(tmp_path / "scores.csv")
    assert row[header.index("make")] == "Citroën, \u2028Ltd"
    assert row[header.index("fault")] == fault


def test_without_scores_there_is_a_header(tmp_path):
    write_scores_csv(str(tmp_path / "scores.csv"), [])
    assert read(tmp_path / "scores.csv") == [COLUMNS]


def test_what_was_written_is_read(score_of, tmp_path):
    scores = [
        score_of("unet", "a_02", dice=0.1 + 0.2, false_area=7, ceiling=0.9975, offset_x=-1.5),
        score_of("cnn", "\u8eca <b>_16", make='a,\n"b"', fault="no\r\nmask", dice=0.0),
    ]
    write_scores_csv(str(tmp_path / "scores.csv"), scores)
    assert read_scores_csv(str(tmp_path / "scores.csv")) == scores


def test_a_table_that_is_none_of_ours_is_named(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("model,dice\nunet,0.5\n")
    with pytest.raises(
        ValueError, match=r"scores\.csv, line 2: (?s:.)*figures\.iou\n +Field required"
    ):
        read_scores_csv(str(path))


def test_a_figure_that_is_no_number_is_named(score_of, tmp_path):
    path = tmp_path / "scores.csv"
    write_scores_csv(str(path), [score_of("unet", "a_02")])
    path.write_text(path.read_text().replace(",0.25,", ",much,"))
    with pytest.raises(ValueError, match=r"line 2: (?s:.)*'much'"):
        read_scores_csv(str(path))
