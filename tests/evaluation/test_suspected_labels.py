import json

from evaluation.label_audit import LabelledPhotograph, Suspect
from evaluation.label_observation import LabelObservation
from evaluation.score_photograph import ScoredPhotograph
from evaluation.suspected_labels import suspected_labels, write_suspects


def test_the_audit_is_given_each_photograph_with_its_label(monkeypatch, score_of):
    audited = []
    monkeypatch.setattr(
        "evaluation.suspected_labels.audit_labels", lambda each: audited.extend(each)
    )
    labels = [LabelObservation(10, 20, area, 0, 0, 1, 1, 0.5, 0.5) for area in (30, 40)]
    suspected_labels(
        ScoredPhotograph((score_of("m", image_id), score_of("n", image_id)), label)
        for image_id, label in zip(("a_01", "b_02"), labels, strict=True)
    )
    assert audited == [
        LabelledPhotograph("a_01", "a", 1, labels[0]),
        LabelledPhotograph("b_02", "b", 2, labels[1]),
    ]


def test_a_line_for_each_suspect_in_their_order(tmp_path):
    suspects = [Suspect("b_02", 9.5, "upside\ndown é"), Suspect("a_01", 4.0, "gone")]
    write_suspects(str(tmp_path / "suspects.jsonl"), suspects)
    lines = (tmp_path / "suspects.jsonl").read_text().splitlines()
    assert [Suspect(**json.loads(line)) for line in lines] == suspects


def test_no_suspects_are_an_empty_file(tmp_path):
    write_suspects(str(tmp_path / "suspects.jsonl"), [])
    assert (tmp_path / "suspects.jsonl").read_bytes() == b""
