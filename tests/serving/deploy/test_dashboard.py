"""The Grafana dashboard: its queries ask for metrics, labels and suffixes that the server has."""

import json
import re

import pytest
import yaml

from serving.errors import StatusCode
from serving.server.metrics import ServerMetrics

# Added by Prometheus, not by the server.
TARGET_LABELS = {"job", "instance"}
SELECTOR = re.compile(r"(:tensorflow[a-z_:]*)(?:\{([^}]*)\})?")
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def dashboard(deploy):
    return json.loads((deploy / "grafana/masks.json").read_text())


@pytest.fixture(scope="module")
def expressions(dashboard):
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ]
    return queries + [
        variable["query"]["query"]
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    ]


@pytest.fixture(scope="module")
def served():
    """Each metric's kind and labels, read from a page on which every metric has a value."""
    metrics = ServerMetrics()
    metrics.count_request("mask", StatusCode.OK)
    metrics.observe_request("mask", "Predict", "GRPC", 1)
    metrics.observe_runtime("mask", "Predict", "TF1", 1)
    metrics.count_load("/models/mask/1", StatusCode.OK)
    metrics.observe_load("/models/mask/1", 1)
    metrics.observe_warmup("/models/mask/1", StatusCode.OK, 1, 1)
    metrics.observe_queuing("pool", 1)
    metrics.observe_input_batch(1)
    metrics.observe_batch(1, 0)
    kinds, labels = {}, {}
    for line in metrics.render().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            kinds[name] = kind
        else:
            name, _, rest = line.partition("{")
            labels.setdefault(name, set()).update(re.findall(r'(\w+)="', rest))
    return kinds, labels


def test_every_query_asks_for_a_metric_that_there_is(expressions, served):
    kinds, labels = served
    assert len(expressions) > 10
    for expression in expressions:
        found = SELECTOR.findall(expression)
        assert found, expression
        for name, matchers in found:
            assert name in labels, name
            base = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
            assert (kinds.get(base) == "histogram") == (name not in kinds), name
            wanted = set(re.findall(r"(\w+)=", matchers))
            assert wanted <= labels[name], (name, wanted)


def test_every_grouping_is_by_a_label_that_there_is(expressions, served):
    _, labels = served
    groupings = 0
    for expression in expressions:
        available = set.union(*(labels[name] for name, _ in SELECTOR.findall(expression)))
        for grouping in re.findall(r"by \(([^)]*)\)", expression):
            groupings += 1
            assert {label.strip() for label in grouping.split(",")} <= available | TARGET_LABELS
    assert groupings > 5


def test_counters_are_asked_for_as_rates(expressions, served):
    kinds, _ = served
    for expression in expressions:
        for name, _ in SELECTOR.findall(expression):
            if kinds.get(name) == "counter" and not name.endswith("load_latency"):
                before = expression[: expression.index(name)]
                assert before.endswith(("rate(", "increase(", "label_values(")), expression


def test_every_bracket_is_closed(expressions):
    for expression in expressions:
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression


def test_every_panel_says_what_it_shows(dashboard):
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_panels_do_not_overlap(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_grafana_finds_dashboard_and_data(deploy, compose):
    provisioning = deploy / "grafana/provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards/masks.yaml").read_text())["providers"]
    volumes = compose["services"]["grafana"]["volumes"]
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in volumes}
    assert mounted["/etc/grafana/provisioning"] == "./grafana/provisioning"
    assert mounted[f"{provider['options']['path']}/masks.json"] == "./grafana/masks.json"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["type"] == "prometheus"
    host, port = source["url"].removeprefix("http://").split(":")
    assert f"127.0.0.1:{port}:{port}" in compose["services"][host]["ports"]
