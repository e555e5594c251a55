"""Which model is asked, and how errors name it."""

import pytest

from serving.client.model_choice import ModelChoice


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("mask",), "'mask'"),
        (("mask", 0), "'mask', version 0"),
        (("mask", None, "canary"), "'mask', label 'canary'"),
    ],
)
def test_a_choice_has_a_name(given, text):
    assert str(ModelChoice(*given)) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("",), "model_name is empty"),
        (("mask", -1), "version is -1: give a number from 0"),
        (("mask", 2**63), "give a number from 0"),
        (("mask", 1, "canary"), "give one of them"),
    ],
)
def test_a_choice_that_no_server_could_serve(given, text):
    with pytest.raises(ValueError, match=text):
        ModelChoice(*given)
