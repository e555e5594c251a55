import json

import pytest

from pipeline.kubeflow.container.executor_input import ExecutorInput


def test_reads_and_writes_what_the_launcher_says(tmp_path):
    output = tmp_path / "outputs" / "fingerprint"
    step = ExecutorInput.parse(
        json.dumps(
            {
                "inputs": {
                    "parameterValues": {"span": 3.0, "overrides": ["a=1"]},
                    "artifacts": {"model": {"artifacts": [{"uri": "gs://b/m"}]}},
                },
                "outputs": {"parameters": {"fingerprint": {"outputFile": str(output)}}},
            }
        )
    )
    assert (step.parameter("span"), step.parameter("overrides")) == (3.0, ["a=1"])
    assert step.artifact("model") == {"uri": "gs://b/m"}
    step.write_parameter("fingerprint", "f00 é")
    assert output.read_text(encoding="utf-8") == "f00 é"
    for ask in (step.parameter, step.artifact, lambda name: step.write_parameter(name, "")):
        with pytest.raises(KeyError, match="other"):
            ask("other")


@pytest.mark.parametrize(
    ("text", "said"), [("", "Expecting value"), ("[]", "no ExecutorInput"), ("{{$}}", "Expecting")]
)
def test_anything_else_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        ExecutorInput.parse(text)
