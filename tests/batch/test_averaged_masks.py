import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from batch.asked_models import read_member
from batch.averaged_masks import AveragedMasks
from batch.masking import Masking, ModelMember, Tile
from batch.signature_masks import SignatureMasks
from batch.tiling import tile_places, tile_weights
from components.quarantine import Reason
from trainer.resize import enlarge
from trainer.rle import decode

# Of a JPEG, the decoder reduces all but the first.
SIZES = (63, 41), (96, 64), (240, 160)


class TwoSides:
    """Says one probability for all of the left half, and another for the right."""

    def __init__(self, left, right):
        self._answer = np.repeat(np.float32([[left, right]]), 12, axis=1).repeat(16, axis=0)

    def predict(self, inputs, signature):
        return {"probability": np.stack([self._answer] * len(inputs["image_bytes"]))}


class RedModel:
    """Its probabilities are how red a photograph is, shrunk by area averaging, and scaled."""

    def __init__(self, height=16, width=24, gain=1.0, leaning=0.0):
        self._size = width, height
        self._gain = gain
        self._leaning = np.linspace(leaning, -leaning, width, dtype=np.float32)

    def predict(self, inputs, signature):
        assert signature == "probability"
        return {"probability": np.stack([self.of(image) for image in inputs["image_bytes"]])}

    def of(self, image):
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        red = cv2.resize(pixels[..., 2], self._size, interpolation=cv2.INTER_AREA)
        red = red.astype(np.float32) / 255.0
        return np.clip(red * self._gain + self._leaning, 0, 1)

    def close(self):
        self.closed = True


MEMBER = ModelMember("a", 0.5, "probability", False)


def broken_png(width, height):
    """Writes a PNG file whose header and chunks are whole; its pixels cannot be decoded."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b"no pixels"), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def masked(image, *models, members=None, as_rle=False, **choices):
    """Masks one photograph by models' probabilities; returns the answer."""
    members = members or (MEMBER,) * len(models)
    [answer] = AveragedMasks(models, Masking(members, as_rle, **choices)).masks([image])
    assert answer.reason is None, answer.detail
    return answer


def pixels_of(answer):
    return cv2.imdecode(np.frombuffer(answer.mask, np.uint8), cv2.IMREAD_GRAYSCALE) > 0


@pytest.fixture(
    scope="module",
    params=[{}, {"threshold": 0.4, "enlarge": "logits", "flip_average": True}],
    ids=["probability", "logits"],
)
def path(request, exported):
    return exported(**request.param)


class TestOneModel:
    @pytest.mark.parametrize("as_rle", [False, True])
    @pytest.mark.parametrize("tile", [None, Tile(63, 41, 8)])
    def test_its_probabilities_give_its_own_mask(self, path, image_file, as_rle, tile):
        member = read_member(path)
        images = [image_file(63, 41, seed) for seed in range(4)]
        masking = Masking((member,), as_rle, threshold=member.threshold, tile=tile)
        makers = AveragedMasks.load(masking), SignatureMasks.load(path, as_rle=as_rle)
        of_probabilities, own = (maker.masks(images) for maker in makers)
        for maker in makers:
            maker.close()
        for one, other in zip(of_probabilities, own, strict=True):
            assert one.mask == other.mask
            assert (one.height, one.width, one.area) == (41, 63, other.area)
            assert 0 < one.area < 63 * 41

    def test_a_threshold_in_place_of_its_own(self, image_file):
        model, image = RedModel(), image_file(60, 40, 1, "PNG")
        answer = masked(image, model, threshold=0.25)
        expected = enlarge(model.of(image), 40, 60).numpy() > 0.25
        np.testing.assert_array_equal(pixels_of(answer), expected)
        assert answer.area == expected.sum() > masked(image, model).area

    def test_averaging_with_the_mirror_image(self, image_file):
        model, image = RedModel(leaning=0.4), image_file(60, 40, 1, "PNG")
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        mirrored = cv2.imencode(".png", np.ascontiguousarray(pixels[:, ::-1]))[1].tobytes()
        mean = (model.of(image) + model.of(mirrored)[:, ::-1]) / 2
        answer = masked(image, model, flip_average=True)
        np.testing.assert_array_equal(pixels_of(answer), enlarge(mean, 40, 60).numpy() > 0.5)
        assert answer.mask != masked(image, model).mask

    def test_a_model_that_mirrors_itself_is_not_mirrored_again(self, image_file):
        model, image = RedModel(leaning=0.4), image_file(60, 40, 1, "PNG")
        mirrors = ModelMember("b", 0.5, "probability", True)
        answer = masked(image, model, members=(mirrors,), flip_average=True)
        assert answer.mask == masked(image, model).mask

    @pytest.mark.parametrize("enlarge", ["probability", "logits"])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_flips_are_averaged_as_a_model_does_it_itself(
        self, exported, image_file, enlarge, kind
    ):
        choices = {"threshold": 0.8, "enlarge": enlarge, "gain": 60.0}
        choices = {} if enlarge == "probability" else choices
        path, mirrors = exported(**choices), exported(**choices, flip_average=True)
        images = [image_file(*size, seed, kind) for seed in range(4) for size in SIZES]
        masking = Masking((read_member(path),), True, flip_average=True)
        makers = (
            AveragedMasks.load(masking),
            SignatureMasks.load(mirrors, as_rle=True),
            SignatureMasks.load(path, as_rle=True),
        )
        averaged, expected, without = (maker.masks(images) for maker in makers)
        for maker in makers:
            maker.close()
        assert [each.mask for each in averaged] == [each.mask for each in expected]
        assert [each.mask for each in averaged] != [each.mask for each in without]

    def test_logits_are_averaged_between_the_trainers_limits(self, file_of):
        model = TwoSides(
            1.0, 0.01
        )  # 9.2 and more, and -4.6: mean logits of 1.7 within 8, not above
        image = file_of(np.zeros((16, 24, 3), np.uint8), "PNG")
        member = ModelMember("a", 0.5, "logits", False)
        found = masked(image, model, members=(member,), threshold=0.84, flip_average=True)
        assert found.area == 16 * 24
        found = masked(image, model, members=(member,), threshold=0.85, flip_average=True)
        assert found.area == 0


class TestSeveralModels:
    def test_probabilities_are_averaged_and_cut_at_the_mean_threshold(self, image_file):
        models, image = (RedModel(), RedModel(gain=0.5)), image_file(60, 40, 2, "PNG")
        members = MEMBER, ModelMember("b", 0.4, "probability", False)
        mean = np.mean([model.of(image) for model in models], axis=0, dtype=np.float64)
        expected = enlarge(mean.astype(np.float32), 40, 60).numpy() > 0.45
        answer = masked(image, *models, members=members)
        np.testing.assert_array_equal(pixels_of(answer), expected)
        assert 0 < answer.area < 60 * 40

    def test_models_of_several_sizes_meet_at_the_largest(self, image_file):
        image = image_file(60, 40, 2, "PNG")
        small, large = RedModel(), RedModel(40, 60)
        enlarged = np.clip(enlarge(small.of(image), 40, 60).numpy(), 0, 1)
        expected = (enlarged + large.of(image)) / 2 > 0.5
        np.testing.assert_array_equal(pixels_of(masked(image, small, large)), expected)

    def test_a_probability_of_one_is_no_infinite_logit(self, image_file):
        image = image_file(60, 40, 2, "PNG")
        # Probabilities of 0 and 1 alone.
        answer = masked(image, RedModel(gain=99, leaning=-20.0), enlarge="logits")
        assert 0 < answer.area < 60 * 40

    def test_all_are_closed(self):
        models = RedModel(), RedModel()
        AveragedMasks(models, Masking((MEMBER, MEMBER), True)).close()
        assert all(model.closed for model in models)


class TestTiles:
    @pytest.mark.parametrize("choices", [{}, {"enlarge": "logits"}, {"flip_average": True}])
    def test_small_things_come_back(self, file_of, choices):
        pixels = np.zeros((160, 240, 3), np.uint8)
        pixels[70:74, 30:34] = pixels[100:104, 200:204] = (255, 0, 0)
        image = file_of(pixels, "PNG")
        assert masked(image, RedModel(), **choices).area == 0
        found = pixels_of(masked(image, RedModel(), tile=Tile(24, 16, 8), **choices))
        np.testing.assert_array_equal(found, pixels[..., 0] > 0)

    def test_they_blend_without_a_seam(self, file_of):
        columns = np.linspace(0, 255, 300).astype(np.uint8)
        pixels = np.zeros((40, 300, 3), np.uint8)
        pixels[..., 0] = columns
        # Its leaning makes each tile's answer differ from its neighbour's.
        model = RedModel(leaning=0.2)
        found = pixels_of(masked(file_of(pixels, "PNG"), model, tile=Tile(60, 40, 30)))
        assert (found == found[0]).all()
        assert np.count_nonzero(np.diff(found[0].astype(int))) == 1

    def test_all_that_overlaps_counts_by_its_weight(self, image_file):
        image, tile, model = image_file(90, 70, 3, "PNG"), Tile(40, 30, 12), RedModel(leaning=0.4)
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        total, weight = np.zeros((2, 70, 90))
        for place in tile_places(70, 90, tile):
            where = slice(place.top, place.bottom), slice(place.left, place.right)
            of_tile = model.of(cv2.imencode(".png", np.ascontiguousarray(pixels[where]))[1])
            weights = tile_weights(place, 70, 90)
            total[where] += weights * enlarge(of_tile, *weights.shape).numpy()
            weight[where] += weights
        found = pixels_of(masked(image, model, tile=tile))
        # The model sees whole numbers.
        assert np.mean(found != (total / weight > 0.5)) < 0.01
        assert 0 < found.sum() < found.size

    def test_a_photograph_that_is_stored_on_its_side(self, file_of):
        pixels = np.zeros((200, 300, 3), np.uint8)
        pixels[20:60, 30:80, 0] = 255
        exif = Image.Exif()
        exif[0x0112] = 6
        lying = file_of(np.rot90(pixels).copy(), "JPEG", exif=exif, quality=95)
        answer = masked(lying, RedModel(), tile=Tile(120, 80, 20))
        assert (answer.height, answer.width) == (200, 300)
        assert np.mean(pixels_of(answer) != (pixels[..., 0] > 0)) < 0.01

    def test_bad_photographs_do_not_touch_the_others(self, image_file):
        good = image_file(60, 40, 1)
        maker = AveragedMasks([RedModel()], Masking((MEMBER,), True, tile=Tile(24, 16, 4)))
        answers = maker.masks([b"", good[:300], good])
        assert [answer.reason for answer in answers] == [
            Reason.UNDECODABLE_IMAGE,
            Reason.TRUNCATED_IMAGE,
            None,
        ]
        assert decode(answers[2].mask.decode(), 40, 60).sum() == answers[2].area > 0


def test_a_photograph_that_the_models_refuse(exported):
    maker = AveragedMasks.load(Masking((read_member(exported()),), True, threshold=0.5))
    [answer] = maker.masks([b"no photograph"])
    maker.close()
    assert answer.reason is Reason.UNDECODABLE_IMAGE
    assert answer.detail == "it is no JPEG or PNG file: it begins with 6e 6f 20 70 68 6f 74 6f"


class TestLimits:
    @pytest.mark.parametrize("choices", [{"flip_average": True}, {"tile": Tile(200, 150, 10)}])
    def test_what_is_made_of_a_file_within_the_limits_is_within_them(
        self, exported, image_file, choices
    ):
        image = image_file(300, 200, 1)
        answers = []
        for path in (exported(), exported(max_bytes=len(image))):
            maker = AveragedMasks.load(Masking((read_member(path),), True, **choices))
            answers += maker.masks([image])
            maker.close()
        assert [answer.detail for answer in answers] == ["", ""]
        assert answers[0].mask == answers[1].mask

    def test_nothing_of_what_a_model_refuses_is_mirrored(self, exported):
        masking = Masking((read_member(exported()),), True, flip_average=True)
        maker = AveragedMasks.load(masking)
        [answer] = maker.masks([broken_png(20_000, 20_000)])
        maker.close()
        assert answer.reason is Reason.TOO_LARGE
        assert answer.detail == "it has 400000000 pixels, and 100000 are the most"

    def test_nothing_is_decoded_for_tiles_that_would_not_fit_into_memory(self):
        maker = AveragedMasks([RedModel()], Masking((MEMBER,), True, tile=Tile(2000, 2000, 10)))
        answers = maker.masks([broken_png(20_000, 20_000), broken_png(14_204, 10_652)])
        assert answers[0].reason is Reason.TOO_LARGE
        assert answers[0].detail == "it has 400000000 pixels, and 160000000 are the most"
        assert answers[1].reason is Reason.UNDECODABLE_IMAGE
