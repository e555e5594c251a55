"""Finds models of earlier runs where no resolver of ours can run.

Kubeflow Pipelines v2 runs TFX's own resolvers at most. Instead the first task of a run
(pipeline/kubeflow/container/run_settings.py) looks into the records of pushed models, and hands
their URIs to importers. A URI that was imported before is the same artifact again, so that caching
works.
"""

from typing import Any

from tfx import v1 as tfx

from components.photograph_statistics import PhotographStatistics
from pipeline.steps.earlier_models import EarlierModel, EarlierModels

_Model = tfx.types.standard_artifacts.Model

# The importers, by name; each takes a URI as its parameter ``uri``.
DRIFT_MODEL = "DriftBaselineModel"
DRIFT_STATISTICS = "DriftBaseline"
WARM_START = "WarmStart"
LAST_BLESSED = "LastBlessed"
LAST_BLESSED_MAKE = "LastBlessedMake"
IMPORTERS = (DRIFT_MODEL, DRIFT_STATISTICS, WARM_START, LAST_BLESSED, LAST_BLESSED_MAKE)


class ImportedModels(EarlierModels):
    """Importers of what a record names."""

    def blessed_with_statistics(self, examples: Any) -> EarlierModel:
        """See EarlierModels."""
        del examples
        model = _importer(DRIFT_MODEL, _Model)
        statistics = _importer(DRIFT_STATISTICS, PhotographStatistics)
        return EarlierModel(
            (model, statistics), model.outputs["result"], statistics.outputs["result"]
        )

    def base_model(self, examples: Any) -> EarlierModel:
        """See EarlierModels."""
        del examples
        return _imported_model(WARM_START)

    def last_blessed(self, candidate: Any) -> EarlierModel:
        """See EarlierModels."""
        del candidate
        return _imported_model(LAST_BLESSED)

    def last_blessed_make(self, candidate: Any) -> EarlierModel:
        """See EarlierModels."""
        del candidate
        return _imported_model(LAST_BLESSED_MAKE)


def _imported_model(name: str) -> EarlierModel:
    importer = _importer(name, _Model)
    return EarlierModel((importer,), importer.outputs["result"])


def _importer(name: str, kind: type[tfx.dsl.Artifact]) -> Any:
    # Named like the importer, so that each has its own.
    uri = tfx.dsl.experimental.RuntimeParameter(name=name, ptype=str)
    return tfx.dsl.Importer(source_uri=uri, artifact_type=kind).with_id(name)
