"""Masks and makes in one store: neither's last blessed model is ever the other's.

Runs the two resolvers as they are wired, in small pipelines of LocalDagRunner.
"""

import json
from pathlib import Path

import pytest
from tfx import v1 as tfx

from components.last_blessed import LastBlessedOther

Model = tfx.types.standard_artifacts.Model
ModelBlessing = tfx.types.standard_artifacts.ModelBlessing


@tfx.dsl.components.component
def Fit(  # noqa: N802
    content: tfx.dsl.components.Parameter[str],
    model: tfx.dsl.components.OutputArtifact[Model],
) -> None:
    Path(model.uri, "content").write_text(content)


@tfx.dsl.components.component
def Judge(  # noqa: N802
    report: tfx.dsl.components.Parameter[str],
    candidate: tfx.dsl.components.InputArtifact[Model],
    blessing: tfx.dsl.components.OutputArtifact[ModelBlessing],
    blessed: tfx.dsl.components.InputArtifact[Model] = None,
) -> None:
    """Blesses everything, and notes what it was compared with."""
    last = None if blessed is None else Path(blessed.uri, "content").read_text()
    mine = Path(candidate.uri, "content").read_text()
    with Path(report).open("a") as file:
        file.write(json.dumps([mine, last]) + "\n")
    blessing.set_int_custom_property("blessed", 1)
    blessing.set_int_custom_property("current_model_id", candidate.id)


@pytest.fixture
def run(tmp_path):
    """Fits and judges one model of each kind, or of one; returns who was compared with whom."""
    report = tmp_path / "report.jsonl"

    def run(**contents):
        report.unlink(missing_ok=True)
        steps = []
        for kind, content in contents.items():
            fit = Fit(content=content).with_id(f"Trainer.{kind}")
            last = tfx.dsl.Resolver(
                strategy_class=LastBlessedOther,
                candidate=fit.outputs["model"],
                model=tfx.dsl.Channel(type=Model, producer_component_id=f"Trainer.{kind}"),
                model_blessing=tfx.dsl.Channel(
                    type=ModelBlessing, producer_component_id=f"Gate.{kind}"
                ),
            ).with_id(f"LastBlessed.{kind}")
            gate = Judge(
                report=str(report), candidate=fit.outputs["model"], blessed=last.outputs["model"]
            ).with_id(f"Gate.{kind}")
            steps += [fit, last, gate]
        tfx.orchestration.LocalDagRunner().run(
            tfx.dsl.Pipeline(
                pipeline_name="both",
                pipeline_root=str(tmp_path / "root"),
                components=steps,
                enable_cache=True,
                metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
                    str(tmp_path / "metadata.sqlite")
                ),
            )
        )
        if not report.exists():
            return {}
        return dict(json.loads(line) for line in report.read_text().splitlines())

    return run


def test_each_kind_is_compared_with_its_own(run):
    assert run(mask="mask 1", make="make 1") == {"mask 1": None, "make 1": None}
    # The make classifier of the first run was blessed after its mask model, and the other way
    # round: whoever takes the newest blessing of any kind takes a wrong one in one of these.
    assert run(mask="mask 2", make="make 2") == {"mask 2": "mask 1", "make 2": "make 1"}
    assert run(make="make 3", mask="mask 3") == {"make 3": "make 2", "mask 3": "mask 2"}


def test_a_make_classifier_that_is_added_later_has_no_predecessor(run):
    assert run(mask="mask 1") == {"mask 1": None}
    assert run(mask="mask 1", make="make 1") == {"make 1": None}
    # All as before: nothing is judged again.
    assert run(mask="mask 1", make="make 1") == {}
