"""Wires the components together: the parts in ``pipeline.steps``, in their order."""

from collections.abc import Sequence
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.steps.data_steps import data_steps
from pipeline.steps.fit_steps import fit_steps
from pipeline.steps.push_steps import push_steps

SCHEMA_FILE = Path(__file__).parent / "schema" / "schema.pbtxt"


def create_pipeline(
    *,
    name: str,
    root: str,
    data: str,
    fingerprint: str,
    schema_file: str,
    serving_directory: str,
    config: PipelineConfig,
    metadata: metadata_store_pb2.ConnectionConfig | None,
    beam_pipeline_args: Sequence[str] = (),
) -> tfx.dsl.Pipeline:
    """Builds the pipeline: photographs to a pushed model.

    Args:
        name: Of the pipeline in ML Metadata.
        root: Where artifacts are written.
        data: Folder of photographs in Kaggle's layout, or of TFRecord files.
        fingerprint: Of that folder, see ``components.photograph_folder.fingerprint``.
        schema_file: Text proto of the schema; cached by its path.
        serving_directory: Gets a version directory when a model is blessed.
        config: Everything else.
        metadata: Connection to ML Metadata; None where the orchestrator brings its own.
        beam_pipeline_args: For the steps that run on Beam.

    Returns:
        The pipeline, with caching on.

    Raises:
        MissingWeights: If the config names a weights file that does not exist.
        UnusableKey: If it names a private key that cannot sign.
    """
    to_examples = data_steps(data, fingerprint, schema_file, config)
    to_models = fit_steps(to_examples, root, config)
    to_server = push_steps(to_examples, to_models, serving_directory, config)
    return tfx.dsl.Pipeline(
        pipeline_name=name,
        pipeline_root=root,
        components=[*to_examples.components, *to_models.components, *to_server.components],
        enable_cache=True,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_pipeline_args),
    )
