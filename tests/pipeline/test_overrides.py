import dataclasses

import pytest

from pipeline.config import PipelineConfig
from pipeline.overrides import InvalidOverride, apply_overrides

DEFAULT = PipelineConfig()


def test_nothing_changes_nothing():
    assert apply_overrides(DEFAULT, []) == DEFAULT


def test_text_becomes_the_fields_type_and_the_rest_stays():
    changed = apply_overrides(
        DEFAULT, ["unet_fit.epochs=3", "gate.baseline_margin=1e-2", "unet_fit.seed=7"]
    )
    assert changed == dataclasses.replace(
        DEFAULT,
        unet_fit=dataclasses.replace(DEFAULT.unet_fit, epochs=3, seed=7),
        gate=dataclasses.replace(DEFAULT.gate, baseline_margin=0.01),
    )
    assert type(changed.unet_fit.epochs) is int
    assert type(changed.gate.baseline_margin) is float


def test_fields_of_a_section_within_a_section():
    changed = apply_overrides(DEFAULT, ["unet_fit.augmentation.colour=0.25"])
    assert changed.unet_fit.augmentation.colour == 0.25
    assert changed.cnn_fit == DEFAULT.cnn_fit


def test_spaces_around_key_and_value_do_not_count():
    assert apply_overrides(DEFAULT, [" unet.filters = 4 "]).unet.filters == 4


def test_the_last_of_two_wins():
    assert apply_overrides(DEFAULT, ["unet.filters=4", "unet.filters=5"]).unet.filters == 5


def test_fields_that_must_fit_each_other_are_judged_together():
    changed = apply_overrides(DEFAULT, ["input.height=8", "input.width=24", "unet.depth=3"])
    assert (changed.input.height, changed.input.width, changed.unet.depth) == (8, 24, 3)


def test_the_given_config_stays_as_it_was():
    apply_overrides(DEFAULT, ["unet_fit.augmentation.colour=0.25", "unet.filters=4"])
    assert PipelineConfig() == DEFAULT


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("unet_fit.epochs", "--set unet_fit.epochs: write key=value"),
        ("", "write key=value"),
        ("epochs=3", "no field 'epochs'; the fields are .*unet_fit.epochs"),
        ("unet_fit.epoch=3", "no field 'unet_fit.epoch'"),
        ("unet_fit.epochs.more=3", "no field 'unet_fit.epochs.more'"),
        ("nothing.at.all=3", "no field 'nothing.at.all'"),
        ("=3", "no field ''"),
        ("gate=3", "'gate' is a section; .*: gate.baseline_margin, gate.blessed_tolerance"),
        (
            "unet_fit.augmentation=0",
            "section; .*unet_fit.augmentation.horizontal_flip, unet_fit.augmentation",
        ),
        ("unet_fit.epochs=many", "--set: unet_fit.epochs: .*valid integer"),
        ("unet_fit.epochs=2.5", "--set: unet_fit.epochs: .*valid integer"),
        ("unet_fit.epochs=-1", "--set: unet_fit.epochs: .*greater than or equal to 0"),
        ("unet_fit.epochs=", "--set: unet_fit.epochs: .*valid integer"),
        ("data.val_fraction=0.9", "--set: data: .*train gets no cars"),
        ("input.height=100", "--set: config: .*input.height=100 must be a multiple of 32"),
    ],
)
def test_what_cannot_be_used_is_named(override, message):
    with pytest.raises(InvalidOverride, match=message):
        apply_overrides(DEFAULT, [override])


def test_all_bad_values_are_named_at_once():
    with pytest.raises(InvalidOverride, match=r"unet\.filters: .*; cnn_fit\.epochs: "):
        apply_overrides(DEFAULT, ["cnn_fit.epochs=-1", "unet.filters=0"])


def test_lists_are_written_with_commas():
    assert apply_overrides(DEFAULT, ["gate.slices=pose, make"]).gate.slices == ("pose", "make")
    assert apply_overrides(DEFAULT, ["gate.slices="]).gate.slices == ()


def test_the_server_check_and_the_signing_key():
    changed = apply_overrides(
        DEFAULT, ["server_check.warmup_requests=0", "signing.private_key=keys/signing.key"]
    )
    assert changed.server_check.warmup_requests == 0
    assert changed.signing.private_key == "keys/signing.key"
