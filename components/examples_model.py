"""Gives a mask model the one signature that TFX's BulkInferrer can ask: from serialized examples.

BulkInferrer feeds the ``tf.train.Example`` of a photograph, serialized, to a signature of one
string input. The exported signatures take the photograph's file, because that is what clients have.
So this step wraps a model: the same graph with the same weights behind a parser. The wrapper is
never served, and the models that are served carry nothing of it.
"""

import os
from typing import Final

import tensorflow as tf
from tfx import v1 as tfx

from components.servable_path import servable_path
from pipeline import features
from trainer.signatures import IMAGE_BYTES, RLE

EXAMPLES: Final = "examples"


@tfx.dsl.components.component
def ExamplesModel(  # noqa: N802 - a component is named like a class
    code: tfx.dsl.components.Parameter[str],
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    wrapped: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
) -> None:
    """Wraps a model.

    Args:
        code: Digest of the code that decides what is written; changes what is cached.
        model: A Trainer's, with the exported signatures.
        wrapped: Output: the signature ``examples``, see ``wrap_model``.
    """
    del code
    wrap_model(servable_path(model), servable_path(wrapped))


def wrap_model(servable: str, path: str) -> None:
    """Writes a SavedModel whose signature ``examples`` takes serialized examples, string [N].

    It gives ``rle`` string [N, 1], the run lengths that the model's own signature gives: tfx-bsl
    takes a single example's string out of [N] for an array and fails.

    Args:
        servable: The directory of an exported mask model.
        path: Directory to write.
    """
    module = tf.Module()
    # An attribute, so that the weights are the wrapper's too.
    module.model = tf.saved_model.load(servable)
    ask = module.model.signatures[RLE]
    spec = {features.IMAGE: tf.io.FixedLenFeature([], tf.string)}

    def examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, spec)
        return {RLE: ask(**{IMAGE_BYTES: parsed[features.IMAGE]})[RLE][:, tf.newaxis]}

    module.examples = tf.function(
        examples, input_signature=[tf.TensorSpec([None], tf.string, EXAMPLES)], autograph=False
    )
    tf.io.gfile.makedirs(os.path.dirname(path))
    tf.saved_model.save(module, path, signatures={EXAMPLES: module.examples})
