"""The pages of TFDV and TFMA that lie beside a report."""

import base64
import functools
import json
import re
from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import statistics_pb2

from evaluation.asked_model import ServableModel
from evaluation.evaluate import add_evaluation
from report.views import tfma_view as module
from report.views.tfdv_view import tfdv_view
from report.views.tfma_view import tfma_view
from report.views.views import views_of
from tests.report.finished_run import red_is_car

MAKE = "<img src=x onerror=alert(1)> \u8eca"


@pytest.fixture
def statistics(tmp_path):
    for split, photographs in (("train", 1200), ("val", 3), ("test", 4)):
        every = statistics_pb2.DatasetFeatureStatisticsList()
        dataset = every.datasets.add(num_examples=photographs)
        pose = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.INT)
        pose.path.step.append("pose")
        pose.num_stats.common_stats.num_non_missing = photographs
        pose.num_stats.common_stats.num_missing = 2
        pose.num_stats.mean, pose.num_stats.max = 8.125, 16
        make = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
        make.path.step.append("<b>make")
        make.string_stats.unique = 36
        make.string_stats.common_stats.num_non_missing = photographs
        path = tmp_path / "statistics" / f"Split-{split}" / "FeatureStats.pb"
        path.parent.mkdir(parents=True)
        path.write_bytes(every.SerializeToString())
    return str(tmp_path / "statistics")


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, raw_example, write_records):
    """Of two models, as the Gate leaves it."""
    folder = tmp_path_factory.mktemp("evaluation")
    examples = [
        raw_example(image_id, 48, 32, seed, make=make.encode())
        for seed, (image_id, make) in enumerate((("a_01", "Acme"), ("b_02", MAKE), ("c_10", MAKE)))
    ]
    path = write_records(folder / "records" / "test.gz", examples)
    servable = red_is_car(folder / "servable")
    models = {
        name: functools.partial(ServableModel.load, str(servable)) for name in ("cnn", "unet")
    }
    with beam.Pipeline(argv=["--allow_unsafe_triggers"]) as root:
        add_evaluation(root, [str(path)], models, str(folder / "result"), ("pose", "make"))
    return folder / "result"


def test_statistics_of_all_splits(statistics, read_page):
    view = tfdv_view(statistics)
    assert view.file == "data_statistics.html"
    page = read_page(view.content.decode())
    text = " ".join(page.text.split())
    assert "train: 1,200 photographs" in text
    assert "posenum1,2002" in text
    assert "<b>make" in text
    assert "8.125" in text
    assert "b" not in page.tags
    assert page.tags.count("iframe") == 2
    # Nothing is loaded but by TFDV's own frames.
    assert page.references == []


def test_the_frames_hold_the_statistics(statistics):
    content = tfdv_view(statistics).content.decode()
    frames = re.findall('srcdoc="([^"]*)"', content)
    shown = [re.search("proto-input=&#34;([^&]*)&#34;", frame)[1] for frame in frames]
    names = []
    for each in shown:
        parsed = statistics_pb2.DatasetFeatureStatisticsList.FromString(base64.b64decode(each))
        names.append([(dataset.name, dataset.num_examples) for dataset in parsed.datasets])
    assert names == [[("train", 1200), ("val", 3)], [("val", 3), ("test", 4)]]


def test_no_statistics(tmp_path, read_page):
    assert "There are no statistics." in read_page(tfdv_view(str(tmp_path)).content.decode()).text


def test_figures_of_all_models_and_slices(evaluation):
    view = tfma_view(str(evaluation))
    assert view.file == "evaluation.html"
    page = view.content.decode()
    page = page[page.index("<body>") :]
    headings = ["U-Net", "CNN", "U-Net by pose", "U-Net by make"]
    assert re.findall("<h2>(.*?)</h2>", page) == headings
    result = tfma.load_eval_result(str(evaluation), model_name="unet")
    dice = result.get_metrics_for_slice(((("pose", 2)),))["dice"]
    number = dice.get("doubleValue", dice.get("boundedValue", {}).get("value"))
    assert f'<th scope="row">pose 2</th><td class="number">{number:.4g}' in page
    order = [page.index(f">pose {pose}<") for pose in (1, 2, 10)]
    assert order == sorted(order)
    assert page.index(">all<") < page.index(">make Acme<") < order[0]
    assert "make &lt;img src=x onerror=alert(1)&gt; \u8eca" in page
    assert "<img" not in page


def test_the_elements_show_every_slice_of_the_candidate(evaluation):
    page = tfma_view(str(evaluation)).content.decode()
    payloads = re.findall('data-payload="([^"]*)"', page)
    shown = [json.loads(base64.b64decode(each)) for each in payloads]
    assert [len(each["data"]) for each in shown] == [3, 2]
    assert {each["slice"] for each in shown[0]["data"]} == {"pose:1", "pose:2", "pose:10"}
    # The charts would take it for markup.
    assert "make:&lt;img src=x onerror=alert(1)&gt; \u8eca" in {
        each["slice"] for each in shown[1]["data"]
    }


def test_without_tfmas_elements_the_tables_stay(evaluation, monkeypatch):
    monkeypatch.setattr(module, "_ELEMENTS", "static/none.js")
    page = tfma_view(str(evaluation)).content.decode()
    assert "brings no view that a page could hold" in page
    assert "<script" not in page
    assert ">pose 2<" in page


def test_no_evaluation(tmp_path):
    view = tfma_view(str(tmp_path))
    assert (view.file, view.content) == ("", b"")
    assert "holds no result of TFMA" in view.note


def test_a_view_that_fails_is_left_out_and_the_model_card_is_linked(finished_run, caplog):
    files = finished_run.files
    for split in ("train", "val"):
        path = Path(files.data_statistics, f"Split-{split}", "FeatureStats.pb")
        path.parent.mkdir()
        path.write_bytes(b"\xff no proto")
    Path(files.model_card, "model_card.md").write_text("# A card \u8eca")
    statistics, evaluation, card = views_of(files)
    assert (statistics.file, statistics.content) == ("", b"")
    assert "DecodeError" in statistics.note
    assert files.data_statistics in statistics.note
    assert "Traceback" in caplog.text
    assert evaluation.file == ""
    assert (card.name, card.file) == ("Model card", "model_card.md")
    assert card.content.decode() == "# A card \u8eca"
