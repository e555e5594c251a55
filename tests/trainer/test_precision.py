import keras
import pytest
import tensorflow as tf

from trainer import precision
from trainer.precision import computing_in, resolve_precision


@pytest.mark.parametrize("value", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_what_is_named_is_taken(value):
    assert resolve_precision(value) == value


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512_bf16 amx_tile", "mixed_bfloat16"),
        ("fpu avx2 avx512_bf16x", "float32"),
        ("", "float32"),
    ],
)
def test_on_a_cpu_it_depends_on_the_instructions(flags, expected, monkeypatch, tmp_path):
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text(f"processor\t: 0\nmodel name\t: X\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    monkeypatch.setattr(precision, "Path", lambda _: cpu_info)
    assert resolve_precision("auto") == expected


def test_without_a_list_of_instructions_it_is_float32(monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "Path", lambda _: tmp_path / "none")
    assert resolve_precision("auto") == "float32"


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([(9, 0)], "mixed_bfloat16"),
        ([(8, 0), (7, 5)], "mixed_float16"),
        ([(8, 0), (6, 1)], "float32"),
    ],
)
def test_on_gpus_the_weakest_decides(capabilities, expected, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: range(len(capabilities)))
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": capabilities[gpu]},
    )
    assert resolve_precision("auto") == expected


def options():
    return tf.config.optimizer.get_experimental_options()


def test_bfloat16_on_a_cpu_is_tensorflows_rewriting_and_ends_with_the_fit():
    key = "auto_mixed_precision_onednn_bfloat16"
    assert not options().get(key)
    with computing_in("mixed_bfloat16"):
        assert options()[key]
        assert keras.config.dtype_policy().name == "float32"
    assert not options()[key]


def test_other_formats_are_keras_policies_that_end_with_the_fit():
    with computing_in("mixed_float16"):
        assert keras.layers.Dense(1).compute_dtype == "float16"
    assert keras.config.dtype_policy().name == "float32"
    with pytest.raises(RuntimeError), computing_in("mixed_float16"):
        raise RuntimeError
    assert keras.config.dtype_policy().name == "float32"
