"""The whole configuration of a run as frozen, typed dataclasses.

Pydantic checks every value when a config is made, so that a bad one is named before any work
starts, and turns configs into JSON and back for the steps that TFX hands only strings.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Difference = Annotated[float, Field(ge=-1.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class PhotographLimits:
    """What a photograph may be: in the data, and at the door of the exported model.

    Attributes:
        max_pixels: Height times width. One of 40 megapixels takes half a second and 300 MiB beside
            what the model takes.
        max_bytes: Size of the JPEG or PNG file.
    """

    max_pixels: Positive = 40_000_000
    max_bytes: Positive = 32_000_000


@dataclass(frozen=True, config=_STRICT)
class DataConfig:
    """How photographs become examples.

    Attributes:
        val_fraction: Share of the groups (cars) that the val split gets: early stopping, threshold.
        test_fraction: Share of the groups that the test split gets: the gate's score, nothing else.
        max_quarantine_fraction: The run stops when more than this share of the photographs cannot
            be used.
        limits: What a photograph may be; the exported models refuse others too.
    """

    val_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.15
    max_quarantine_fraction: Fraction = 0.01
    limits: PhotographLimits = PhotographLimits()

    @model_validator(mode="after")
    def _leave_groups_to_train(self) -> "DataConfig":
        if self.val_fraction + self.test_fraction >= 1.0:
            raise ValueError("val_fraction + test_fraction must be below 1, or train gets no cars")
        return self


@dataclass(frozen=True, config=_STRICT)
class InputConfig:
    """Size in pixels at which the models see a photograph."""

    height: Positive = 128
    width: Positive = 128


EncoderName = Literal["plain", "MobileNetV2", "ResNet50V2", "EfficientNetV2B0"]


@dataclass(frozen=True, config=_STRICT)
class UNetConfig:
    """The U-Net's shape.

    Attributes:
        filters: Filters of the first level; each level below doubles them.
        depth: How many times the resolution is halved. Height and width must divide by
            ``space_to_depth * 2**depth``.
        max_filters: No level gets more filters than this.
        encoder_convs: Conv-batchnorm-ReLU blocks per encoder level and in the centre.
        decoder_convs: The same per decoder level.
        batchnorm_momentum: Of the running statistics. Keras' default of 0.99 lags for hundreds of
            steps, so that the val Dice of the first epochs says nothing.
        space_to_depth: The body sees square blocks of this many pixels a side as one pixel with as
            many more channels, and its logits are unfolded again. 1 leaves the photograph as it is.
        residual: Each level's blocks get a shortcut around them.
        dilated_centre: The centre is this many convolutions of rates 1, 2, 4 ... whose results are
            summed; 0 leaves it as the other levels are.
        deep_supervision: So many levels below the first get a head of their own while fitting.
        encoder: ``plain`` is the one described above; another name takes the encoder from
            ``keras.applications`` (depth 5).
        encoder_weights: Local weights file of that encoder, without its top; empty starts at
            random.
    """

    filters: Positive = 16
    depth: Positive = 5
    max_filters: Positive = 256
    encoder_convs: Positive = 2
    decoder_convs: Positive = 3
    batchnorm_momentum: Fraction = 0.9
    space_to_depth: Positive = 1
    residual: bool = False
    dilated_centre: Count = 0
    deep_supervision: Count = 0
    encoder: EncoderName = "plain"
    encoder_weights: str = ""

    @model_validator(mode="after")
    def _options_fit_together(self) -> "UNetConfig":
        if self.deep_supervision >= self.depth:
            raise ValueError("deep_supervision must be below depth: the decoder has no more levels")
        if self.encoder == "plain":
            if self.encoder_weights:
                raise ValueError("encoder_weights needs an encoder that has a name")
        elif self.depth != 5 or self.space_to_depth != 1 or self.residual:
            raise ValueError(
                f"the encoder {self.encoder} needs depth=5, space_to_depth=1 and residual=false"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class AugmentationConfig:
    """Random changes of the training photographs; each photograph draws its own amounts.

    The defaults of flip, warp and HSV are those of the 2017 solutions that the reference report
    follows (in OpenCV's units there: hue 50 of 180, saturation 5 and value 15 of 255).

    Attributes:
        horizontal_flip: Probability of mirroring photograph and mask.
        warp: Probability of shifting, scaling and rotating both.
        shift: Largest shift, as a share of height and width.
        scale: Largest relative change of size; below 1.
        rotate: Largest rotation, degrees.
        hsv: Probability of moving the colours in HSV.
        hue: Largest change of hue, degrees.
        saturation: Largest change of saturation, as a share of the full range.
        value: Largest change of value, as a share of the full range.
        brightness: Largest change of all channels together, as a share of the full range.
        contrast: Largest relative change of the distance to the photograph's mean.
        colour: Largest change of each channel by itself, as a share of the full range.
        blur: Probability of a Gaussian blur.
        blur_sigma: Its largest standard deviation, pixels.
        noise: Probability of Gaussian noise.
        noise_deviation: Its largest standard deviation, as a share of the full range.
        jpeg: Probability of the loss that JPEG compression brings.
        jpeg_quality: Its lowest quality, 1 to 100.
    """

    horizontal_flip: Fraction = 0.5
    warp: Fraction = 0.5
    shift: Fraction = 0.0625
    scale: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    rotate: Annotated[float, Field(ge=0.0, le=180.0)] = 0.0
    hsv: Fraction = 0.5
    hue: Annotated[float, Field(ge=0.0, le=180.0)] = 100.0
    saturation: Fraction = 0.02
    value: Fraction = 0.06
    brightness: Fraction = 0.0
    contrast: Fraction = 0.0
    colour: Fraction = 0.0
    blur: Fraction = 0.0
    blur_sigma: Annotated[float, Field(gt=0.0, le=3.0)] = 1.0
    noise: Fraction = 0.0
    noise_deviation: Fraction = 0.02
    jpeg: Fraction = 0.0
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 50


LossName = Literal["bce_dice", "focal_dice", "boundary_dice", "lovasz"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True, config=_STRICT)
class FitConfig:
    """How a model is fitted.

    Attributes:
        epochs: Passes over the training split, at most; 0 exports the initial weights.
        batch_size: Photographs per step, over all devices together.
        loss: Name of the loss, see ``trainer.losses``.
        optimizer: ``adamw`` or ``rmsprop``.
        learning_rate: Peak of the schedule.
        schedule: ``warmup_cosine``: linear rise, then half a cosine to 0; ``reduce_on_plateau``:
            constant, times ``plateau_factor`` after ``plateau_patience`` epochs without a better
            val Dice.
        warmup_fraction: Share of all steps over which the rate rises from 0.
        plateau_patience: Epochs.
        plateau_factor: In (0, 1).
        weight_decay: Of the optimizer.
        clip_norm: Largest norm of all gradients together; 0 leaves them as they are.
        ema_momentum: Of the running mean of the weights, which is what is scored and exported; 0
            takes the weights themselves.
        precision: ``auto`` takes what the device gains from, see ``trainer.precision``.
        xla: ``auto`` compiles on GPUs only.
        patience: Epochs without a better val Dice after which fitting stops.
        min_delta: What counts as better.
        initial_weights: Weights file to start from, such as another Keras backend wrote.
        seed: Of weights, shuffling and augmentation.
        augmentation: See AugmentationConfig.
    """

    epochs: Count = 30
    batch_size: Positive = 16
    loss: LossName = "bce_dice"
    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0.0)] = 2e-3
    schedule: Literal["warmup_cosine", "reduce_on_plateau"] = "warmup_cosine"
    warmup_fraction: Fraction = 0.05
    plateau_patience: Positive = 4
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1
    weight_decay: NonNegative = 1e-4
    clip_norm: NonNegative = 0.0
    ema_momentum: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    precision: Precision = "auto"
    xla: Literal["auto", "on", "off"] = "auto"
    patience: Positive = 10
    min_delta: NonNegative = 0.0
    initial_weights: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    augmentation: AugmentationConfig = AugmentationConfig()


@dataclass(frozen=True, config=_STRICT)
class PredictionConfig:
    """From logits at the model's size to a mask at full size.

    Attributes:
        flip_average: The mean of the photograph's and its mirror image's answers, for twice the
            model's time.
        enlarge: What is enlarged: the probabilities or the logits.
    """

    flip_average: bool = False
    enlarge: Literal["probability", "logits"] = "probability"


ModelName = Literal["unet", "cnn", "average_mask"]


@dataclass(frozen=True, config=_STRICT)
class TrainerConfig:
    """What one Trainer step needs to know.

    Attributes:
        model: Which model is fitted.
        input: Size of its input.
        unet: Shape of the U-Net; the other models have no options.
        fit: How it is fitted; the average mask has nothing to fit.
        prediction: How its logits become a mask.
        limits: What the exported model refuses.
    """

    model: ModelName
    input: InputConfig
    unet: UNetConfig
    fit: FitConfig
    prediction: PredictionConfig = PredictionConfig()
    limits: PhotographLimits = PhotographLimits()


@dataclass(frozen=True, config=_STRICT)
class GateConfig:
    """What a candidate must show before it is pushed.

    Dice is hard Dice at full size; intervals are 95% and drawn over the cars of the test split.

    Attributes:
        baseline_margin: The candidate's mean Dice must exceed each baseline's by at least this, as
            the lower end of the difference's interval says; a negative margin lets it fall behind
            by so much.
        blessed_tolerance: The candidate's mean Dice may be below the last blessed model's by this;
            it is blocked where the whole interval of the difference lies lower.
        blessed_doubt: It is blocked too where the interval reaches below a loss of this: the test
            split has too few cars to tell. Counts as blessed_tolerance where it is below it. Of
            two equally good models whose difference has a standard deviation of 0.002 from car to
            car, the default blocks 4 in 100 on 9 cars and 3 in 1000 on 20 (simulated).
        dice_floor: Least mean Dice of the candidate.
        gated_slice: Column by whose values the next two look; empty looks at none.
        slice_floor: Least mean Dice of the candidate on the photographs of one value.
        slice_tolerance: What the candidate may lose on them against the last blessed model; it is
            blocked where the whole interval of the difference lies lower.
        max_area_error: The masks' median area may differ from the truth's by this share of it.
        max_offset: The masks' median offset from the truth, as a share of the photograph's width.
        max_reply_bytes: Size of the largest reply. Masks of 1918x1280 have 5 to 15 kB.
        max_latency: Median seconds per photograph in process, one at a time.
        repeated_photographs: How many the candidate is asked for twice, one at a time: for equal
            replies, probabilities that are numbers, and latency.
        slices: Features that the evaluation is sliced by: any of docs/data.md, and ``mask_area``.
        worst_photographs: How many of the candidate's worst masks are drawn.
    """

    baseline_margin: Difference = 0.005
    blessed_tolerance: NonNegative = 0.0005
    blessed_doubt: NonNegative = 0.0025
    dice_floor: Fraction = 0.95
    gated_slice: Literal["pose", "make", "year", ""] = "pose"
    slice_floor: Fraction = 0.9
    slice_tolerance: NonNegative = 0.005
    max_area_error: NonNegative = 0.02
    max_offset: NonNegative = 0.002
    max_reply_bytes: Positive = 64 * 1024
    max_latency: Annotated[float, Field(gt=0.0)] = 2.0
    repeated_photographs: Positive = 16
    slices: tuple[str, ...] = ("pose", "make", "mask_area", "year")
    worst_photographs: Positive = 12


@dataclass(frozen=True, config=_STRICT)
class TunerConfig:
    """The optional search for better hyperparameters of the U-Net's fit.

    Attributes:
        trials: Fits of different hyperparameters; 0 leaves the step out.
        epochs: Of each of them.
    """

    trials: Count = 0
    epochs: Positive = 5


ServerName = Literal["auto", "tensorflow_model_server", "embedded"]


@dataclass(frozen=True, config=_STRICT)
class ServerCheckConfig:
    """What a candidate must show in a server of its own before it is pushed.

    Attributes:
        server: Which server it must run in; ``auto`` is ``tensorflow_model_server`` where it is
            found on the PATH, else the embedded one.
        photographs: How many of the val split it is asked for, one at a time.
        repetitions: How often it is asked for each of them.
        warmup_requests: How many of them, at most, the pushed model brings along as requests that a
            server sends to itself before it serves; 0 ships no photograph with the model.
        max_start: Seconds from the server's start until it serves, warm-up included.
        max_latency: Median seconds per photograph over gRPC.
        max_slowest: Seconds of the slowest; after so many a request is given up.
        max_memory: Most resident memory of the server's process, MiB.
        max_unequal_pixels: Share of a mask's pixels that may differ from the mask computed in
            process: another build of TensorFlow rounds differently.
    """

    server: ServerName = "auto"
    photographs: Annotated[int, Field(ge=1, le=1000)] = 4
    repetitions: Positive = 3
    warmup_requests: Count = 4
    max_start: Annotated[float, Field(gt=0.0)] = 300.0
    max_latency: Annotated[float, Field(gt=0.0)] = 2.0
    max_slowest: Annotated[float, Field(gt=0.0)] = 10.0
    max_memory: Positive = 4096
    max_unequal_pixels: Fraction = 0.0001


@dataclass(frozen=True, config=_STRICT)
class SigningConfig:
    """How a pushed model is signed.

    Attributes:
        private_key: PEM file of an elliptic curve key, see docs/signing.md; empty pushes models
            unsigned.
    """

    private_key: str = ""


@dataclass(frozen=True, config=_STRICT)
class PipelineConfig:
    """One run of the pipeline, whole.

    Attributes:
        data: Photographs to examples.
        input: What the models see.
        unet: Shape of the U-Net.
        unet_fit: How it is fitted.
        unet_prediction: How its logits become a mask.
        cnn_fit: How the small CNN is fitted.
        tuner: Search for the U-Net's hyperparameters.
        warm_start: The U-Net's fit starts from the last blessed model that saw other data.
        gate: What a candidate must show.
        server_check: What it must show in a server.
        signing: How it is signed when it is pushed.
    """

    data: DataConfig = DataConfig()
    input: InputConfig = InputConfig()
    unet: UNetConfig = UNetConfig()
    unet_fit: FitConfig = FitConfig()
    unet_prediction: PredictionConfig = PredictionConfig()
    cnn_fit: FitConfig = FitConfig()
    tuner: TunerConfig = TunerConfig()
    warm_start: bool = False
    gate: GateConfig = GateConfig()
    server_check: ServerCheckConfig = ServerCheckConfig()
    signing: SigningConfig = SigningConfig()

    @model_validator(mode="after")
    def _one_thing_to_start_from(self) -> "PipelineConfig":
        if self.warm_start and self.unet_fit.initial_weights:
            raise ValueError(
                "warm_start and unet_fit.initial_weights are two things to start from; take one"
            )
        return self

    @model_validator(mode="after")
    def _input_halves_down_to_the_centre(self) -> "PipelineConfig":
        step = self.unet.space_to_depth * 2**self.unet.depth
        for name, size in (("height", self.input.height), ("width", self.input.width)):
            if size % step:
                raise ValueError(
                    f"input.{name}={size} must be a multiple of {step} (unet.space_to_depth * "
                    "2 ** unet.depth), because the U-Net halves it that often"
                )
        return self

    def trainer(self, model: ModelName) -> TrainerConfig:
        """Returns the part of this config that the Trainer step of ``model`` needs.

        The rest is left at its defaults, so that changing the U-Net does not fit the CNN again.
        """
        limits = self.data.limits
        match model:
            case "unet":
                return TrainerConfig(
                    model, self.input, self.unet, self.unet_fit, self.unet_prediction, limits
                )
            case "cnn":
                return TrainerConfig(
                    model, self.input, UNetConfig(), self.cnn_fit, PredictionConfig(), limits
                )
            case "average_mask":
                return TrainerConfig(
                    model, self.input, UNetConfig(), FitConfig(), PredictionConfig(), limits
                )


PIPELINE_CONFIG = TypeAdapter(PipelineConfig)
TRAINER_CONFIG = TypeAdapter(TrainerConfig)
DATA_CONFIG = TypeAdapter(DataConfig)
INPUT_CONFIG = TypeAdapter(InputConfig)
TUNER_CONFIG = TypeAdapter(TunerConfig)
GATE_CONFIG = TypeAdapter(GateConfig)
SERVER_CHECK_CONFIG = TypeAdapter(ServerCheckConfig)
