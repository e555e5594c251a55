"""Damages real photographs at random and asks a model for their masks.

    python -m benchmarks.mutations --model serving_models/mask/3 --data DIR --count 1000

Each damaged file must get a mask or be refused with INVALID_ARGUMENT, and after each the next
photograph must get the mask it had before. Anything else ends the run with exit code 1 and leaves
the damaged file to look at.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import click
import numpy as np

from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable

_IMAGE_BYTES, _MASK_PNG_BYTES = "image_bytes", "mask_png_bytes"
_HEADER_BYTES = 1024
_FINDING = Path("mutation.bin")


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Damages a file.

    Args:
        content: The file.
        rng: Decides how: some bytes are changed, all over the file or in its header, bits are
            turned over, a part is cut out, doubled, zeroed or moved, or the end is missing.

    Returns:
        Another file; equal to the first by chance at most.
    """
    data = bytearray(content)
    size = len(data)
    start, end = sorted(int(place) for place in rng.integers(0, size, 2))
    end = min(end, start + int(2 ** rng.uniform(0, np.log2(size))))
    part = data[start:end]
    match int(rng.integers(0, 8)):
        case 0:
            for place in rng.integers(0, size, rng.integers(1, 20)):
                data[place] = int(rng.integers(0, 256))
        case 1:
            for place in rng.integers(0, min(size, _HEADER_BYTES), rng.integers(1, 8)):
                data[place] = int(rng.integers(0, 256))
        case 2:
            for place in rng.integers(0, size, rng.integers(1, 5)):
                data[place] ^= 1 << int(rng.integers(0, 8))
        case 3:
            del data[start:end]
        case 4:
            data[start:start] = part
        case 5:
            data[start:end] = bytes(len(part))
        case 6:
            del data[start:end]
            place = int(rng.integers(0, len(data) + 1))
            data[place:place] = part
        case _:
            del data[start:]
    return bytes(data)


@click.command()
@click.option("--model", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--count", default=1000, show_default=True, help="Files to damage.")
@click.option("--seed", default=0, show_default=True)
def main(model: str, data: str, count: int, seed: int) -> None:
    """Asks MODEL, a version's directory, for masks of damaged copies of the photographs in DATA."""
    paths = sorted(
        path
        for path in Path(data).rglob("*")
        if path.suffix.lower() in (".jpg", ".jpeg", ".png") and "mask" not in path.stem
    )
    rng = np.random.default_rng(seed)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with Servable.load(model) as servable:

        def ask(content: bytes) -> bytes:
            images = np.array([content], dtype=object)
            return servable.predict({_IMAGE_BYTES: images})[_MASK_PNG_BYTES][0]

        whole = paths[0].read_bytes()
        expected = ask(whole)
        for number in range(count):
            content = mutated(paths[int(rng.integers(0, len(paths)))].read_bytes(), rng)
            started = time.perf_counter()
            try:
                ask(content)
                outcome = "mask"
            except ServingError as error:
                outcome = error.code.name
            slowest = max(slowest, time.perf_counter() - started)
            outcomes[outcome] += 1
            if outcome not in ("mask", StatusCode.INVALID_ARGUMENT.name) or ask(whole) != expected:
                _FINDING.write_bytes(content)
                sys.exit(f"mutation {number} of seed {seed}: {outcome}; the file is {_FINDING}")
    print(f"{dict(outcomes)}, the slowest in {slowest:.2f} s; after each the next was answered")


if __name__ == "__main__":
    main()
