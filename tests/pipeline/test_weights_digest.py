import dataclasses

import pytest

from pipeline.config import FitConfig, PipelineConfig, UNetConfig
from pipeline.weights_digest import MissingWeights, weights_digests


def naming(path):
    return PipelineConfig(unet_fit=FitConfig(initial_weights=str(path)))


def test_a_config_without_files_has_none():
    assert weights_digests(PipelineConfig()) == {}


def test_the_content_counts_not_the_name(tmp_path):
    one, same = tmp_path / "one.h5", tmp_path / "same.h5"
    one.write_bytes(b"weights")
    same.write_bytes(b"weights")
    before = weights_digests(naming(one))
    assert list(before) == ["unet_fit.initial_weights"]
    assert weights_digests(naming(same)) == before
    one.write_bytes(b"better weights")
    assert weights_digests(naming(one)) != before


def test_an_encoders_file_counts_too(tmp_path):
    (tmp_path / "encoder.h5").write_bytes(b"e")
    unet = UNetConfig(encoder="MobileNetV2", encoder_weights=str(tmp_path / "encoder.h5"))
    config = dataclasses.replace(PipelineConfig(), unet=unet)
    assert list(weights_digests(config)) == ["unet.encoder_weights"]


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(MissingWeights, match=r"unet_fit.initial_weights: no file .*/none.h5"):
        weights_digests(naming(tmp_path / "none.h5"))
