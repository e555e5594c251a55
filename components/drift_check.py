"""Compares a run's photographs with those that the last blessed model was fitted on.

A model is good on photographs like those it has seen. Where the studio got a new lamp, a new camera
or other cars, whoever retrains should know it before the fit, not from the scores after it.
"""

import os

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.drift_comparison import compare
from components.drift_verdict import (
    DRIFT,
    DRIFT_FILE,
    DriftVerdict,
    PhotographSet,
    judge_drift,
    nothing_to_compare,
    photograph_set,
)
from components.photograph_statistics import PhotographStatistics
from pipeline.config import DRIFT_CONFIG
from report.data.data_statistics import MEASURES
from report.data.data_statistics import PhotographStatistics as PhotographNumbers
from report.data.stored_statistics import stored_photographs

# The name that TFX's ExampleValidator gives it.
ANOMALIES_FILE = "SchemaDiff.pb"


class Drift(tfx.dsl.Artifact):
    """Artifact: how far the photographs of a run are from those of the last blessed model.

    ``drift.json`` holds a ``components.drift_verdict.DriftVerdict``, see docs/drift.md;
    ``SchemaDiff.pb`` TFDV's anomalies proto with the distances that TFDV measured.
    """

    TYPE_NAME = "components.Drift"


class DriftedData(ValueError):
    """The photographs have drifted, and the run was to stop then; the message says what to do."""


@tfx.dsl.components.component
def DriftCheck(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    statistics: tfx.dsl.components.InputArtifact[PhotographStatistics],
    drift: tfx.dsl.components.OutputArtifact[Drift],
    baseline: tfx.dsl.components.InputArtifact[PhotographStatistics] = None,
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model] = None,
) -> None:
    """Compares, and writes what was found.

    Args:
        config: A DriftConfig as JSON.
        code: Digest of the code that decides what is written; changes what is cached.
        statistics: Of this run's photographs.
        drift: Output.
        baseline: Of those that the last blessed model was fitted on, if there are any.
        model: That model, if there is one.

    Raises:
        DriftedData: If something is over its limit and the config says stop.
    """
    del code
    drift_config = DRIFT_CONFIG.validate_json(config)
    anomalies = anomalies_pb2.Anomalies()
    current, current_set = _side(statistics)
    model_uri = model.uri if model is not None else ""
    if model is None:
        reason = "no model was blessed before that was fitted on other photographs"
    elif baseline is None:
        reason = (
            f"the photographs of the last blessed model ({model_uri}) have no statistics: it is "
            "older than this step"
        )
    elif baseline.get_int_custom_property("measures") != MEASURES:
        reason = (
            f"the photographs of the last blessed model ({model_uri}) were measured by another "
            "version of this software"
        )
    elif not drift_config.features:
        reason = "drift.features names none"
    else:
        photographs, baseline_set = _side(baseline)
        empty = [of.statistics for of in (baseline_set, current_set) if not of.photographs]
        reason = f"no photograph in {' and '.join(empty)}" if empty else ""
    if reason:
        verdict = nothing_to_compare(reason, current_set, model_uri, drift_config)
    else:
        features, anomalies = compare(photographs, current, drift_config)
        verdict = judge_drift(current_set, baseline_set, model_uri, features, drift_config)
    with tfx.dsl.io.fileio.open(os.path.join(drift.uri, ANOMALIES_FILE), "wb") as file:
        file.write(anomalies.SerializeToString())
    with tfx.dsl.io.fileio.open(os.path.join(drift.uri, DRIFT_FILE), "wb") as file:
        file.write(DRIFT.dump_json(verdict, indent=1))
    if verdict.drifted and verdict.stop:
        raise DriftedData(_explanation(verdict))


def _side(
    statistics: tfx.dsl.Artifact,
) -> tuple[tuple[PhotographNumbers, ...], PhotographSet]:
    photographs = stored_photographs(statistics.uri)
    return photographs, photograph_set(
        statistics.uri,
        statistics.get_string_custom_property("data"),
        statistics.get_string_custom_property("fingerprint"),
        statistics.get_int_custom_property("span"),
        photographs,
    )


def _explanation(verdict: DriftVerdict) -> str:
    assert verdict.baseline is not None
    findings = "".join(f"\n  {each}" for each in verdict.findings)
    return (
        f"the photographs of {verdict.current.data} (span {verdict.current.span}) have drifted "
        f"from those of the last blessed model, {verdict.baseline.data} "
        f"(span {verdict.baseline.span}):{findings}\n"
        "Look at them with studio-mask explore. If they are what the model is to learn, go on with "
        "--set drift.stop=false, or raise the limits (docs/drift.md)"
    )
