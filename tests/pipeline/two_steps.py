"""A pipeline of two steps, run by TFX in the store that an address names."""

import sys
from pathlib import Path

from tfx import v1 as tfx

from pipeline.metadata_connection import MetadataServer


@tfx.dsl.components.component
def Fitter(  # noqa: N802 - a component is named like a class
    settings: tfx.dsl.components.Parameter[str],
    model: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
) -> None:
    """Writes what it is told."""
    Path(model.uri, "weights").write_text(settings)


@tfx.dsl.components.component
def Judge(  # noqa: N802 - a component is named like a class
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelBlessing],
) -> None:
    """Reads it again."""
    Path(blessing.uri, "seen").write_text(Path(model.uri, "weights").read_text())


def run_two_steps(url: str, name: str, root: str, times: int) -> None:
    """Runs the pipeline.

    Args:
        url: Of the store.
        name: Of the pipeline.
        root: Of what it writes.
        times: How often.
    """
    server = MetadataServer.parse(url)
    server.share_password()
    for _ in range(times):
        fitter = Fitter(settings=r'{"trainer": "{\"model\": \"unet\"}"}')
        judge = Judge(model=fitter.outputs["model"])
        tfx.orchestration.LocalDagRunner().run(
            tfx.dsl.Pipeline(
                pipeline_name=name,
                pipeline_root=root,
                components=[fitter, judge],
                metadata_connection_config=server.connection(),
                enable_cache=True,
            )
        )


if __name__ == "__main__":
    run_two_steps(*sys.argv[1:4], times=2)
