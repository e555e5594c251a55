"""What a command says where its libraries are not installed."""

import click
import pytest
from click.testing import CliRunner

from serving.command_line import main as studio_mask
from serving.missing_extra import CommandsWithExtras


def _main(missing, extras):
    @click.group(cls=CommandsWithExtras, extras=extras)
    def main():
        pass

    @main.command()
    def work():
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    return main


@pytest.mark.parametrize("missing", ["tensorflow", "google.protobuf", "servingware"])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(missing):
    main = _main(missing, {"work": "server"})
    result = CliRunner().invoke(main, ["work"], prog_name="studio-mask")
    assert result.exit_code == 2
    assert result.output == (
        f"Error: studio-mask work needs {missing}, which is not installed: "
        "pip install '.[server]' in the checkout\n"
    )


@pytest.mark.parametrize(
    ("missing", "extras"),
    [("serving.server.gone", {"work": "server"}), ("tensorflow", {}), (None, {"work": "server"})],
)
def test_what_no_extra_brings_is_a_defect(missing, extras):
    result = CliRunner().invoke(_main(missing, extras), ["work"])
    assert isinstance(result.exception, ModuleNotFoundError)


def test_every_command_names_an_extra():
    assert set(studio_mask._extras) == set(studio_mask.commands)
    assert set(studio_mask._extras.values()) <= {"client", "server", "pipeline"}
