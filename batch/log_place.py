"""Where the libraries' chatter of a batch run goes; asked before any of them is imported."""

from pathlib import Path


def log_of(output: str) -> Path:
    """Returns a file beside the output, or in this folder where the output is a URL."""
    if "://" in output:
        return Path("batch_runner.log").absolute()
    path = Path(output).absolute()
    return path.with_name(f"{path.name}.log")
