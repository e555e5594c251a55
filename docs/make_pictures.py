"""Makes docs/pictures/ from a run on the rendered sample: `python -m docs.make_pictures`.

masks.jpg: each row is a photograph of the test split, the mask that the pushed model gives, and the
overlay. worst.jpg: the worst of the candidate's masks, as the gate draws it.
"""

import csv
import json
import shutil
from pathlib import Path

import click
import cv2
import numpy as np
import tensorflow as tf
from ml_metadata.proto import metadata_store_pb2

from evaluation.worst_photographs import TABLE_FILE
from pipeline import features
from pipeline.mask_panel import mask_panel
from pipeline.run_record import last_run
from serving.server.servable import Servable
from trainer.preprocessing import decode_image
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

_PICTURES = Path(__file__).parent / "pictures"
_ROWS = 3
_WIDTH = 300


@click.command()
@click.option(
    "--workdir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default="runs/sample",
    show_default=True,
    help="Of a run on the rendered sample.",
)
def main(workdir: Path) -> None:
    """Writes masks.jpg and worst.jpg."""
    summary = json.loads((workdir / "summary.json").read_text())
    if summary["pushed"] is None:
        raise click.UsageError(f"the run in {workdir} pushed no model")
    metadata = metadata_store_pb2.ConnectionConfig()
    metadata.sqlite.filename_uri = str(workdir / "metadata.sqlite")
    uris = last_run(metadata).uris
    examples = Path(uris["PhotographExampleGen", "examples"])
    records = tf.data.TFRecordDataset(
        sorted(map(str, examples.glob("Split-test/*.gz"))), compression_type="GZIP"
    )
    by_id = {}
    for record in records.as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        by_id[feature[features.IMAGE_ID].bytes_list.value[0]] = feature
    # Ids a stride apart that shares no factor with the poses: other cars, other poses.
    chosen = [by_id[image_id] for image_id in sorted(by_id)[3::19][:_ROWS]]

    rows = []
    with Servable.load(summary["pushed"]) as servable:
        for feature in chosen:
            image = feature[features.IMAGE].bytes_list.value[0]
            reply = servable.predict({IMAGE_BYTES: np.array([image], dtype=object)})
            mask = cv2.imdecode(
                np.frombuffer(reply[MASK_PNG_BYTES][0], np.uint8), cv2.IMREAD_GRAYSCALE
            )
            photograph = cv2.cvtColor(decode_image(image).numpy(), cv2.COLOR_RGB2BGR)
            rows.append(mask_panel(photograph, mask, _WIDTH))
    _PICTURES.mkdir(exist_ok=True)
    path = _PICTURES / "masks.jpg"
    cv2.imwrite(str(path), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])
    evaluation = Path(uris["Gate", "evaluation"])
    with (evaluation / TABLE_FILE).open(newline="") as file:
        worst = next(csv.DictReader(file))
    pictures = path, Path(shutil.copy(evaluation / worst["picture"], _PICTURES / "worst.jpg"))
    for path in pictures:
        click.echo(f"wrote {path} ({path.stat().st_size // 1024} kB)")


if __name__ == "__main__":
    main()
