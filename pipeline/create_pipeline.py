"""Wires the components together: the parts in ``pipeline.steps``, in their order."""

from collections.abc import Sequence

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.steps.bulk_steps import bulk_steps
from pipeline.steps.data_steps import data_steps
from pipeline.steps.earlier_models import EarlierModels
from pipeline.steps.fit_steps import fit_steps
from pipeline.steps.make_steps import make_steps
from pipeline.steps.push_steps import push_steps
from pipeline.steps.report_step import report_step
from pipeline.steps.resolved_models import ResolvedModels


def create_pipeline(
    *,
    name: str,
    root: str,
    data: str,
    fingerprint: str,
    unlabelled_names: str,
    schema_file: str,
    serving_directory: str,
    make_serving_directory: str,
    fits_directory: str,
    config: PipelineConfig,
    metadata: metadata_store_pb2.ConnectionConfig | None,
    beam_pipeline_args: Sequence[str] = (),
    earlier: EarlierModels | None = None,
    bulk_fingerprint: str = "",
) -> tfx.dsl.Pipeline:
    """Builds the pipeline: photographs to a pushed model and a report.

    Args:
        name: Of the pipeline in ML Metadata.
        root: Where artifacts are written.
        data: Where the photographs are, see ``components.spans.resolve_spans``.
        fingerprint: Of what is there, see ``components.span_listing.spans_fingerprint``.
        unlabelled_names: Digest of the names in ``test/``, see ``names_digest`` in
            report/data/unlabelled.py.
        schema_file: Text proto of the schema; cached by its path.
        serving_directory: Gets a version directory when a model is blessed.
        make_serving_directory: The same for the make classifier, if there is one.
        fits_directory: For what outlives a killed fit.
        config: Everything else.
        metadata: Connection to ML Metadata; None where the orchestrator brings its own.
        beam_pipeline_args: For the steps that run on Beam.
        earlier: Finds models of earlier runs; without it resolvers look into ML Metadata.
        bulk_fingerprint: Of ``config.bulk.photographs``, see ``fingerprint`` in
            components/photograph_folder.py; empty where there are none.

    Returns:
        The pipeline, with caching on.

    Raises:
        MissingWeights: If the config names a weights file that does not exist.
        UnusableKey: If it names a private key that cannot sign.
    """
    earlier = earlier or ResolvedModels()
    to_examples = data_steps(data, fingerprint, unlabelled_names, schema_file, earlier, config)
    to_models = fit_steps(to_examples, fits_directory, earlier, config)
    to_server = push_steps(to_examples, to_models, serving_directory, earlier, config)
    to_makes = (
        make_steps(to_examples, fits_directory, make_serving_directory, earlier, config)
        if config.make.enabled
        else None
    )
    to_masks = (
        bulk_steps(
            config.bulk.photographs,
            bulk_fingerprint,
            to_models.unet.outputs["model"],
            to_server.gate.outputs["blessing"],
            config.data,
        )
        if config.bulk.photographs
        else None
    )
    report = report_step(to_examples, to_models, to_server, to_makes, serving_directory, metadata)
    return tfx.dsl.Pipeline(
        pipeline_name=name,
        pipeline_root=root,
        components=[
            *to_examples.components,
            *to_models.components,
            *to_server.components,
            *(to_makes.components if to_makes else ()),
            *(to_masks.components if to_masks else ()),
            report,
        ],
        enable_cache=True,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_pipeline_args),
    )
