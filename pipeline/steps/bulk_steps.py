"""The optional end of the pipeline: masks of photographs without masks, with lineage.

TFX's BulkInferrer asks the candidate for run lengths if the gate has blessed it. For very many
photographs ``batch_runner.py`` is the tool: it goes on where it was stopped, and copies nothing.
This is for those who want to see in ML Metadata which model made which mask.
"""

from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

from components import examples_model, folder_files, photograph_example, unlabelled_example_gen
from components.examples_model import EXAMPLES, ExamplesModel
from components.unlabelled_example_gen import UNLABELLED, UnlabelledExampleGen
from pipeline.code_digest import code_digest
from pipeline.config import DATA_CONFIG, DataConfig
from trainer import photograph
from trainer.signatures import RLE


@dataclass(frozen=True)
class BulkSteps:
    """The steps.

    Attributes:
        example_gen: Photographs without masks.
        model: The candidate, as BulkInferrer can ask it.
        inferrer: Gives ``output_examples``, split ``unlabelled``: ``image``, ``image_id``, ``rle``.
    """

    example_gen: Any
    model: Any
    inferrer: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [self.example_gen, self.model, self.inferrer]


def bulk_steps(
    photographs: str, fingerprint: str, model: Any, blessing: Any, config: DataConfig
) -> BulkSteps:
    """Builds the steps.

    Args:
        photographs: Folder of photographs without masks.
        fingerprint: Of its files, to notice changes.
        model: Channel of the candidate.
        blessing: Channel of the gate's blessing; without it nothing is masked.
        config: The limits of photographs.
    """
    example_gen = UnlabelledExampleGen(
        data=photographs,
        fingerprint=fingerprint,
        config=DATA_CONFIG.dump_json(config).decode(),
        code=code_digest(unlabelled_example_gen, folder_files, photograph_example, photograph),
    )
    wrapped = ExamplesModel(code=code_digest(examples_model), model=model)
    inferrer = tfx.components.BulkInferrer(
        examples=example_gen.outputs["examples"],
        model=wrapped.outputs["wrapped"],
        model_blessing=blessing,
        data_spec=tfx.proto.DataSpec(example_splits=[UNLABELLED]),
        model_spec=tfx.proto.ModelSpec(model_signature_name=[EXAMPLES]),
        output_example_spec=_output_columns(),
    )
    return BulkSteps(example_gen, wrapped, inferrer)


def _output_columns() -> Any:
    """Says which of the model's outputs become features beside those of the examples."""
    spec = tfx.proto.OutputExampleSpec()
    columns = spec.output_columns_spec.add().predict_output.output_columns
    columns.add(output_key=RLE, output_column=RLE)
    return spec
