import dataclasses
import json
from datetime import datetime, timezone

import pytest

from pipeline.lineage_record import DataLineage, Judgement, Lineage, Push
from report.sections.lineage import lineage_section

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=timezone.utc)
DATA = DataLineage(
    path="/photographs/<b>bold",
    fingerprint="0123456789abcdef0123",
    config={"val_fraction": 0.25},
    code="c0de1",
    properties={"span": 0, "split_names": "[]", "tfx_version": "1.16.0"},
    uri="/examples",
    ingested=NOON,
)
LINEAGE = Lineage(
    uri="/models/a",
    step="Trainer.unet",
    run="run 1",
    started=NOON,
    finished=NOON.replace(minute=90 % 60, hour=13),
    data=(DATA,),
    trainer={"fit": {"epochs": 7, "loss": "bce_dice"}},
    code={"Trainer.unet": "c0de3"},
    weights={},
    hyperparameters=None,
    tfx_version="1.16.0",
    judgements=(Judgement("Gate", True, "run 1", NOON), Judgement("ServerCheck", False, "", NOON)),
    pushes=(),
    parent=None,
)


@pytest.fixture
def text_of(read_page):
    def read(lineage=None, **changes):
        known = dataclasses.replace(LINEAGE, **changes) if lineage is None else lineage
        section = lineage_section(known)
        assert (section.identity, section.title) == ("lineage", "Lineage")
        page = read_page(section.html)
        assert "b" not in page.tags
        return " ".join(page.text.split())

    return read


def test_a_first_model(text_of):
    text = text_of()
    assert "Model/models/a" in text
    assert "Trainer.unet in run run 1" in text
    assert "2026-03-04 12:00 UTC to 2026-03-04 13:30 UTC (90.0 min)" in text
    assert "none: no earlier model was started from" in text
    assert "CodeTrainer.unet c0de3" in text
    assert "Gateblessed, 2026-03-04 12:00 UTC, run run 1" in text
    assert "ServerCheckrejected" in text
    assert "Pushed tonowhere" in text
    assert "Folder/photographs/<b>bold" in text
    assert "Fingerprint0123456789abcdef " in text
    assert "fit.epochs7" in text
    assert "fit.lossbce_dice" in text
    assert "val_fraction0.25" in text
    # A folder without spans has none to show.
    assert "span" not in text


def test_spans(text_of):
    spans = [
        {"number": 6, "version": None, "path": "/span-6"},
        {"number": 7, "version": 2, "path": "/span-7/v2"},
    ]
    several = dataclasses.replace(DATA, properties={"span": 7, "spans": json.dumps(spans)})
    text = text_of(data=(several,))
    assert "span 6/span-6" in text
    assert "span 7/span-7/v2 version 2" in text
    one = dataclasses.replace(DATA, properties={"span": 7, "owner": "studio <1>"})
    text = text_of(data=(one,))
    assert "span 7" in text
    assert "ownerstudio <1>" in text


def test_parents(text_of):
    parent = dataclasses.replace(
        LINEAGE, uri="/models/0", run="run 0", pushes=(Push("/mask/3", "run 0", NOON),)
    )
    text = text_of(parent=dataclasses.replace(parent, parent=dataclasses.replace(parent, uri="/x")))
    assert "no earlier model" not in text
    assert "/models/0run 0, 2026-03-04 13:30 UTC /photographs/<b>bold c0de3/mask/3" in text
    assert text.index("/models/0") < text.index("/x")
    assert "the nearest" not in text


def test_of_many_parents_the_nearest(text_of):
    lineage = LINEAGE
    for generation in range(40):
        lineage = dataclasses.replace(LINEAGE, uri=f"/models/{generation}.", parent=lineage)
    text = text_of(lineage)
    assert "the nearest 10 of 40" in text
    assert "/models/29." in text
    assert "/models/28." not in text


def test_an_orchestrator_with_a_store_of_its_own(read_page):
    text = " ".join(read_page(lineage_section(None).html).text.split())
    assert "keeps ML Metadata of its own, which cannot be opened from here" in text


def test_a_model_of_unknown_data(text_of):
    assert "does not tell which photographs" in text_of(data=(), trainer={}, judgements=())


def test_weights_of_a_file_are_no_model_that_is_known(text_of):
    text = text_of(weights={"unet_fit.initial_weights": "d1e5"})
    assert "not known here: it started from weights in a file" in text
    assert "no earlier model" not in text
    # An encoder's weights are no model of ours.
    assert "no earlier model" in text_of(weights={"unet.encoder_weights": "d1e5"})


def test_the_first_span_of_a_pattern_is_named_too(text_of):
    spans = [{"number": 0, "version": None, "path": "/photographs/span-0"}]
    data = dataclasses.replace(
        DATA, path="/photographs/span-{SPAN}", properties={"span": 0, "spans": json.dumps(spans)}
    )
    assert "span 0/photographs/span-0" in text_of(data=(data,))
