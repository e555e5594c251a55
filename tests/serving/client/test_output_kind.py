"""The names of outputs and of their files."""

import pytest

from serving.client.output_kind import OutputKind


@pytest.mark.parametrize(
    ("name", "suffixes"),
    [
        ("mask", (".png",)),
        ("bilevel", (".png",)),
        ("rle", (".csv",)),
        ("cutout", (".png",)),
        ("composite", (".png", ".jpg", ".jpeg")),
    ],
)
def test_how_files_may_be_called(name, suffixes):
    assert OutputKind(name).suffixes() == suffixes


def test_only_a_composite_can_be_a_jpeg_file():
    assert OutputKind.COMPOSITE.suffixes(as_jpeg=True) == (".jpg", ".jpeg")
    assert OutputKind.CUTOUT.suffixes(as_jpeg=True) == (".png",)


def test_what_has_only_two_levels_cannot_be_feathered():
    soft = {kind.value for kind in OutputKind if kind.can_be_feathered}
    assert soft == {"mask", "cutout", "composite"}
