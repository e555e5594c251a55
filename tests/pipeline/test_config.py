import dataclasses

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline import features
from pipeline.config import (
    DATA_CONFIG,
    DRIFT_CONFIG,
    GATE_CONFIG,
    INPUT_CONFIG,
    MAKE_GATE_CONFIG,
    MAKE_TRAINER_CONFIG,
    MODEL_CARD_CONFIG,
    PIPELINE_CONFIG,
    SERVER_CHECK_CONFIG,
    TRAINER_CONFIG,
    TUNER_CONFIG,
    AugmentationConfig,
    BulkConfig,
    DataConfig,
    DriftConfig,
    FitConfig,
    GateConfig,
    InputConfig,
    MakeConfig,
    MakeFitConfig,
    MakeGateConfig,
    MakeTrainerConfig,
    ModelCardConfig,
    PhotographLimits,
    PipelineConfig,
    PredictionConfig,
    ServerCheckConfig,
    SigningConfig,
    SpanConfig,
    TrainerConfig,
    TunerConfig,
    UNetConfig,
)
from pipeline.presets import PRESETS

# Every field at another value than its default.
OTHER_AUGMENTATION = AugmentationConfig(
    horizontal_flip=0.25,
    warp=0.75,
    shift=0.3,
    scale=0.4,
    rotate=5.0,
    hsv=0.25,
    hue=10.0,
    saturation=0.125,
    value=0.25,
    brightness=0.2,
    contrast=0.3,
    colour=0.4,
    blur=0.25,
    blur_sigma=2.0,
    noise=0.5,
    noise_deviation=0.25,
    jpeg=0.125,
    jpeg_quality=10,
)

OTHER = PipelineConfig(
    data=DataConfig(0.1, 0.2, 0.3, PhotographLimits(4000, 5000), SpanConfig(3, 4), 5),
    drift=DriftConfig(
        stop=True,
        features=("pose", "make"),
        min_cars=3,
        max_divergence=0.125,
        max_mask_divergence=0.25,
        max_pose_change=0.375,
        max_name_change=0.5,
        max_brightness_shift=2.5,
        max_cast_shift=1.5,
        max_saturation_shift=0.25,
        max_mask_area_shift=0.5,
    ),
    input=InputConfig(height=24, width=40),
    unet=UNetConfig(
        filters=3,
        depth=2,
        max_filters=5,
        encoder_convs=1,
        decoder_convs=4,
        batchnorm_momentum=0.5,
        space_to_depth=2,
        residual=True,
        dilated_centre=3,
        deep_supervision=1,
    ),
    unet_fit=FitConfig(
        epochs=2,
        batch_size=3,
        loss="lovasz",
        optimizer="rmsprop",
        learning_rate=0.125,
        schedule="reduce_on_plateau",
        warmup_fraction=0.25,
        plateau_patience=7,
        plateau_factor=0.5,
        weight_decay=0.0,
        clip_norm=1.5,
        ema_momentum=0.75,
        precision="mixed_float16",
        xla="on",
        patience=4,
        min_delta=0.25,
        initial_weights="start.weights.h5",
        seed=5,
        augmentation=OTHER_AUGMENTATION,
    ),
    unet_prediction=PredictionConfig(flip_average=True, enlarge="logits"),
    cnn_fit=FitConfig(epochs=7),
    tuner=TunerConfig(trials=3, epochs=2),
    bulk=BulkConfig(photographs="/new"),
    make=MakeConfig(
        enabled=True,
        fit=MakeFitConfig(
            epochs=3,
            batch_size=5,
            learning_rate=0.25,
            patience=7,
            least_side=32,
            precision="float32",
            seed=9,
            augmentation=OTHER_AUGMENTATION,
        ),
        gate=MakeGateConfig(majority_margin=0.125, blessed_tolerance=0.25, max_rival_faults=0.5),
    ),
    gate=GateConfig(
        baseline_margin=0.25,
        blessed_tolerance=0.125,
        blessed_doubt=0.5,
        dice_floor=0.75,
        max_rival_faults=0.125,
        gated_slice="make",
        slice_floor=0.625,
        slice_tolerance=0.375,
        max_area_error=0.0625,
        max_offset=0.03125,
        max_reply_bytes=1000,
        max_latency=0.5,
        repeated_photographs=3,
        slices=("make", "height"),
        worst_photographs=5,
    ),
    server_check=ServerCheckConfig(
        server="embedded",
        photographs=6,
        repetitions=5,
        warmup_requests=0,
        max_start=7.5,
        max_latency=0.25,
        max_slowest=1.5,
        max_memory=900,
        max_unequal_pixels=0.5,
    ),
    signing=SigningConfig(private_key="signing.key"),
    model_card=ModelCardConfig(
        name="cars",
        owners=("Ann", "Bob"),
        contact="ann@example.org",
        licence="MIT",
        dataset="photographs of cars",
        intended_use="cars",
        out_of_scope="trains",
    ),
)
# What excludes some of the above.
ENCODER = PipelineConfig(
    unet=UNetConfig(encoder="MobileNetV2", encoder_weights="mobilenet.h5"), warm_start=True
)


@pytest.mark.parametrize("size", [{"height": 100}, {"width": 100}])
def test_a_size_that_does_not_halve_is_named(size):
    [[name, value]] = size.items()
    with pytest.raises(
        ValidationError,
        match=rf"input\.{name}={value} must be a multiple of 32 \(unet\.space_to_depth \* "
        r"2 \*\* unet\.depth\)",
    ):
        PipelineConfig(input=InputConfig(**size))


def test_two_things_to_start_from_are_refused():
    with pytest.raises(ValidationError, match="two things to start from"):
        PipelineConfig(unet_fit=FitConfig(initial_weights="w.weights.h5"), warm_start=True)


def test_folded_blocks_count_too():
    with pytest.raises(ValidationError, match="must be a multiple of 128"):
        PipelineConfig(input=InputConfig(192, 256), unet=UNetConfig(space_to_depth=4))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"depth": 2, "deep_supervision": 2}, "deep_supervision must be below depth"),
        ({"encoder_weights": "x.h5"}, "encoder_weights needs an encoder that has a name"),
        ({"encoder": "ResNet50V2", "depth": 4}, "the encoder ResNet50V2 needs depth=5"),
        ({"encoder": "ResNet50V2", "residual": True}, "needs depth=5, space_to_depth=1 and resid"),
        ({"encoder": "ResNet50V2", "space_to_depth": 2}, "needs depth=5, space_to_depth=1 and"),
    ],
)
def test_options_that_exclude_each_other_are_refused(fields, reason):
    with pytest.raises(ValidationError, match=reason):
        UNetConfig(**fields)


def test_a_flatter_network_takes_more_sizes():
    config = PipelineConfig(input=InputConfig(height=100, width=4), unet=UNetConfig(depth=2))
    assert config.input == InputConfig(100, 4)


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (1.0, 0.0), (0.2, 0.9)])
def test_fractions_that_leave_nothing_to_train_are_refused(val, test):
    with pytest.raises(ValidationError, match=r"must be below 1, or train gets no cars"):
        DataConfig(val_fraction=val, test_fraction=test)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (DataConfig, "val_fraction", -0.1),
        (DataConfig, "val_fraction", float("nan")),
        (DataConfig, "max_quarantine_fraction", 1.1),
        (InputConfig, "height", 0),
        (InputConfig, "width", 12.5),
        (UNetConfig, "filters", 0),
        (UNetConfig, "depth", "deep"),
        (FitConfig, "epochs", -1),
        (FitConfig, "seed", -1),
        (FitConfig, "seed", 2**32),
        (FitConfig, "ema_momentum", 1.0),
        (FitConfig, "clip_norm", -1.0),
        (FitConfig, "loss", "hinge"),
        (FitConfig, "plateau_factor", 1.0),
        (FitConfig, "precision", "float64"),
        (AugmentationConfig, "rotate", 181.0),
        (AugmentationConfig, "blur_sigma", 0.0),
        (AugmentationConfig, "jpeg_quality", 0),
        (PredictionConfig, "enlarge", "masks"),
        (TunerConfig, "trials", -1),
        (FitConfig, "learning_rate", 0.0),
        (FitConfig, "learning_rate", float("nan")),
        (FitConfig, "weight_decay", -1e-9),
        (AugmentationConfig, "horizontal_flip", 2.0),
        (AugmentationConfig, "scale", 1.0),
        (GateConfig, "baseline_margin", float("nan")),
        (GateConfig, "blessed_tolerance", -0.1),
        (GateConfig, "blessed_doubt", -0.1),
        (GateConfig, "dice_floor", 1.1),
        (GateConfig, "max_rival_faults", 1.1),
        (GateConfig, "gated_slice", "colour"),
        (GateConfig, "slices", ("pose", "poze")),
        (GateConfig, "slices", ("image",)),
        (GateConfig, "slices", ("",)),
        (GateConfig, "max_offset", float("inf")),
        (GateConfig, "max_reply_bytes", 0),
        (GateConfig, "max_latency", 0.0),
        (MakeFitConfig, "epochs", 0),
        (MakeFitConfig, "learning_rate", 0.0),
        (MakeFitConfig, "least_side", 15),
        (MakeGateConfig, "majority_margin", float("nan")),
        (MakeGateConfig, "blessed_tolerance", -0.1),
        (MakeGateConfig, "max_rival_faults", -0.1),
        (ServerCheckConfig, "server", "torchserve"),
        (ServerCheckConfig, "photographs", 0),
        (ServerCheckConfig, "photographs", 1001),
        (ServerCheckConfig, "repetitions", 0),
        (ServerCheckConfig, "warmup_requests", -1),
        (ServerCheckConfig, "max_start", 0.0),
        (ServerCheckConfig, "max_slowest", float("inf")),
        (ServerCheckConfig, "max_memory", 0),
        (ServerCheckConfig, "max_unequal_pixels", 1.1),
    ],
)
def test_values_out_of_range_are_refused(kind, field, value):
    with pytest.raises(ValidationError) as caught:
        kind(**{field: value})
    assert caught.value.errors()[0]["loc"] == (field,)


def test_a_slice_that_there_is_not_is_named_with_those_there_are():
    with pytest.raises(
        ValidationError,
        match="nothing can be sliced by 'poze', 'mask'; there are image_id, group_id, pose, make, "
        "model, year, height, width, mask_area",
    ):
        GateConfig(slices=("poze", "make", "mask"))
    with pytest.raises(ValidationError, match="Input should be 'pose', 'make', 'year' or ''"):
        GateConfig(gated_slice="poze")


def test_everything_in_the_contract_can_be_sliced_by():
    assert GateConfig(slices=features.SLICEABLE).slices == features.SLICEABLE


def test_fields_that_do_not_exist_are_refused():
    with pytest.raises(ValidationError, match="epoch\n"):
        FitConfig(epoch=3)
    with pytest.raises(ValidationError, match="average_mask"):
        TrainerConfig("mask_rcnn", InputConfig(), UNetConfig(), FitConfig())


def test_configs_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        OTHER.input.height = 8


def fields_of(config):
    """All values by dotted path."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from ((f"{field.name}.{path}", each) for path, each in fields_of(value))
        else:
            yield field.name, value


@pytest.mark.parametrize(
    ("adapter", "config"),
    [
        (PIPELINE_CONFIG, OTHER),
        (DATA_CONFIG, OTHER.data),
        (DRIFT_CONFIG, OTHER.drift),
        (INPUT_CONFIG, OTHER.input),
        (GATE_CONFIG, OTHER.gate),
        (SERVER_CHECK_CONFIG, OTHER.server_check),
        (MODEL_CARD_CONFIG, OTHER.model_card),
        (TRAINER_CONFIG, OTHER.trainer("unet")),
        (TUNER_CONFIG, OTHER.tuner),
        (MAKE_TRAINER_CONFIG, OTHER.make_trainer()),
        (MAKE_GATE_CONFIG, OTHER.make.gate),
        (PIPELINE_CONFIG, ENCODER),
        *((PIPELINE_CONFIG, preset) for preset in PRESETS.values()),
    ],
)
def test_json_keeps_every_value(adapter: TypeAdapter, config):
    restored = adapter.validate_json(adapter.dump_json(config))
    assert restored == config
    assert dict(fields_of(restored)) == dict(fields_of(config))


def test_other_differs_from_the_defaults_everywhere():
    # Else the round trip above would pass with a field that gets lost.
    defaults = dict(fields_of(PipelineConfig()))
    same = [path for path, value in fields_of(OTHER) if defaults[path] == value]
    # Some options exclude others; ENCODER has them.
    alone = ("cnn_fit.", "unet.encoder", "unet.encoder_weights", "warm_start")
    assert all(path.startswith(alone) for path in same), same


class TestTrainer:
    def test_unet_gets_its_own_parts(self):
        assert OTHER.trainer("unet") == TrainerConfig(
            "unet",
            OTHER.input,
            OTHER.unet,
            OTHER.unet_fit,
            OTHER.unet_prediction,
            OTHER.data.limits,
        )

    def test_other_models_leave_what_is_not_theirs_at_its_default(self):
        assert OTHER.trainer("cnn") == TrainerConfig(
            "cnn", OTHER.input, UNetConfig(), OTHER.cnn_fit, limits=OTHER.data.limits
        )
        assert OTHER.trainer("average_mask") == TrainerConfig(
            "average_mask", OTHER.input, UNetConfig(), FitConfig(), limits=OTHER.data.limits
        )

    @pytest.mark.parametrize(
        ("change", "touched"),
        [
            ({"unet": UNetConfig(filters=99)}, {"unet"}),
            ({"unet_fit": FitConfig(epochs=99)}, {"unet"}),
            ({"unet_prediction": PredictionConfig(flip_average=True)}, {"unet"}),
            ({"tuner": TunerConfig(trials=1)}, set()),
            ({"cnn_fit": FitConfig(epochs=99)}, {"cnn"}),
            ({"input": InputConfig(32, 64)}, {"unet", "cnn", "average_mask"}),
            ({"gate": GateConfig(0.5)}, set()),
            ({"server_check": ServerCheckConfig(photographs=1)}, set()),
            ({"signing": SigningConfig("signing.key")}, set()),
            ({"make": OTHER.make}, set()),
            ({"data": DataConfig(0.3)}, set()),
            (
                {"data": DataConfig(limits=PhotographLimits(max_pixels=99))},
                {"unet", "cnn", "average_mask"},
            ),
        ],
    )
    def test_a_change_touches_only_the_steps_it_concerns(self, change, touched):
        before, after = PipelineConfig(), dataclasses.replace(PipelineConfig(), **change)
        models = ("unet", "cnn", "average_mask")
        assert {each for each in models if before.trainer(each) != after.trainer(each)} == touched


class TestMake:
    """The classifier of car makes."""

    def test_there_is_none_unless_asked_for(self):
        assert not PipelineConfig().make.enabled
        assert not any(preset.make.enabled for preset in PRESETS.values())

    def test_its_trainer_gets_its_part_alone(self):
        assert OTHER.make_trainer() == MakeTrainerConfig(
            OTHER.input, OTHER.make.fit, OTHER.data.limits
        )
        gate = dataclasses.replace(OTHER.make, enabled=False, gate=MakeGateConfig())
        assert dataclasses.replace(OTHER, make=gate).make_trainer() == OTHER.make_trainer()

    def test_photographs_that_it_cannot_halve_are_refused(self):
        small = {"input": InputConfig(16, 8), "unet": UNetConfig(depth=2)}
        PipelineConfig(**small)
        with pytest.raises(ValidationError, match=r"make\.enabled needs .* 16 at least"):
            PipelineConfig(**small, make=MakeConfig(enabled=True))
