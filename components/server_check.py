"""Runs the candidate in the server that it will run in, before it is pushed.

A model can pass the gate and still not load in a server, answer differently there, be slow or need
more memory than there is. This is TFX's InfraValidator without Docker or Kubernetes, and with the
masks themselves compared.
"""

import heapq
import os
import tempfile
from pathlib import Path

import tensorflow as tf
from tfx import v1 as tfx
from tfx.utils import io_utils, path_utils

from components.servable_path import servable_path
from components.server_evidence import gather_evidence
from components.server_verdict import SERVER_VERDICT, judge_server, not_checked
from evaluation.masked_photograph import records_of, split_files
from pipeline import features
from pipeline.config import SERVER_CHECK_CONFIG

SERVER_CHECK_FILE = "server_check.json"
LOG_FILE = "server.log"


@tfx.dsl.components.component
def ServerCheck(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    model_blessing: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    infra_blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.InfraBlessing],
) -> None:
    """Boots a server of the candidate, asks it for masks, and applies components/server_verdict.py.

    Args:
        config: A ServerCheckConfig as JSON.
        code: Digest of the code that decides the verdict; changes what is cached.
        examples: What PhotographExampleGen wrote; the val split is asked for.
        model: The U-Net.
        model_blessing: The gate's; what it rejected is not checked.
        infra_blessing: Output, as TFX's Pusher expects it: the verdict, what the server said, and,
            if blessed, the very files that were checked, warm-up requests included, to be pushed.
    """
    del code
    rule = SERVER_CHECK_CONFIG.validate_json(config)
    fileio = tfx.dsl.io.fileio
    # A server reads local files, and writes its log to one.
    with tempfile.TemporaryDirectory(prefix="server_check") as folder:
        if model_blessing.get_int_custom_property("blessed") == 1:
            version = Path(folder, "mask", "1")
            io_utils.copy_dir(servable_path(model), str(version))
            photographs = _first_photographs(examples.uri, rule.photographs)
            log = Path(folder, LOG_FILE)
            log.touch()  # A model that fails in process starts no server.
            verdict = judge_server(gather_evidence(version, photographs, rule, log), rule)
            io_utils.copy_file(str(log), os.path.join(infra_blessing.uri, LOG_FILE))
            if verdict.blessed:
                io_utils.copy_dir(str(version), path_utils.stamped_model_path(infra_blessing.uri))
        else:
            verdict = not_checked()
    with fileio.open(os.path.join(infra_blessing.uri, SERVER_CHECK_FILE), "wb") as file:
        file.write(SERVER_VERDICT.dump_json(verdict, indent=2))

    # The names that TFX's Pusher reads, and after them those that LastBlessedOther does.
    infra_blessing.set_int_custom_property("blessed", int(verdict.blessed))
    infra_blessing.set_int_custom_property("has_model", int(verdict.blessed))
    infra_blessing.set_int_custom_property("checked", int(verdict.checked))
    infra_blessing.set_int_custom_property("current_model_id", model.id)
    marker = "INFRA_BLESSED" if verdict.blessed else "INFRA_NOT_BLESSED"
    with fileio.open(os.path.join(infra_blessing.uri, marker), "w") as file:
        file.write("")


def _first_photographs(examples_uri: str, count: int) -> dict[str, bytes]:
    """Returns the photographs of the val split that have the smallest ids, by id.

    By id, since the order of the records is not fixed. Never of test: these are shipped with the
    model, and nothing but a score may depend on that split.
    """
    spec = {
        name: tf.io.FixedLenFeature([], tf.string) for name in (features.IMAGE_ID, features.IMAGE)
    }
    parsed = (
        tf.io.parse_single_example(record, spec)
        for record in records_of(split_files(examples_uri, features.VAL))
    )
    pairs = ((each[features.IMAGE_ID].numpy(), each[features.IMAGE].numpy()) for each in parsed)
    first = heapq.nsmallest(count, pairs, key=lambda pair: pair[0])
    return {image_id.decode(errors="replace"): image for image_id, image in first}
