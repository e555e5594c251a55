"""Shows a folder of photographs on one page, without a run of the pipeline."""

import shlex
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pipeline.closing import short_path
from pipeline.config import DataConfig
from pipeline.screen import Screen
from report.data.data_sections import data_sections
from report.data.read_statistics import read_statistics
from report.page import page_of
from serving.atomic_file import write_atomically


def explore(data: Path, output: Path, workers: int, console: Console) -> None:
    """Looks at every photograph and writes the page.

    Args:
        data: Kaggle's layout.
        output: HTML file to write; appears when all is done.
        workers: Photographs that are looked at side by side.
        console: The user's screen.

    Raises:
        components.photograph_folder.UnusableFolder: If the folder holds no photographs.
    """
    with Screen(console) as screen:
        screen.begin("Read photographs")
        statistics = read_statistics(str(data), DataConfig(), workers)
        screen.end(f"{len(statistics.photographs):,} photographs")
        screen.begin("Write the page")
        # A folder's name may be no Unicode; the page shows it with backslashes.
        name = data.resolve().name or str(data)
        photographs, cars = len(statistics.photographs), len(statistics.cars)
        about = f"{photographs:,} photographs of {cars:,} cars in {data}."
        page = page_of(f"What is in {name}", about, data_sections(statistics))
        write_atomically(output, page)
        screen.end(f"{len(page) / 1e6:.1f} MB")
    lost = sum(file.reason.loses_a_photograph for file in statistics.quarantined)
    if lost:
        console.print(
            Text(f"{_counted(lost, 'photograph')} of no use to a run; the page says why.")
        )
    if statistics.near_duplicates:
        pairs = len(statistics.near_duplicates)
        console.print(
            Text(f"{_counted(pairs, 'near-duplicate')} across splits; the page has them.")
        )
    console.print(
        Text(
            f"Open {short_path(output)} in a browser; then train with: python local_runner.py "
            f"--preset carvana-128 --data {shlex.quote(str(data))}"
        )
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
