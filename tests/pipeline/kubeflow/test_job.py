import pytest
from pydantic import ValidationError

from pipeline.kubeflow.job import StepMachine, Volume
from pipeline.overrides import InvalidOverride
from pipeline.presets import PRESETS
from tests.pipeline.kubeflow.jobs import ROOT, a_job


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"root": "/srv/root"}, "no URL of an object store"),
        ({"root": "hdfs://name/root"}, "gs://, s3://, minio://"),
        ({"name": "Studio Mask"}, "not made of a-z"),
        ({"name": "-mask"}, "not made of a-z"),
        ({"name": "m" * 129}, "at most 128"),
        ({"preset": "carvana-64"}, "none of: sample, carvana-128"),
        ({"serving_directory": "/elsewhere/mask"}, "must be gs:// or lie on the volume"),
        ({"serving_directory": "s3://bucket/mask"}, "must be gs:// or lie on the volume"),
        ({"volume": None}, "must be gs:// or lie on the volume"),
        ({"fit_jobs": "/elsewhere/jobs"}, "must lie on the volume"),
        ({"beam_elsewhere": True}, "which TFX can on gs:// alone"),
        ({"retries": -1}, "greater than or equal to 0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_run_is_refused(fields, said):
    with pytest.raises((ValidationError, TypeError), match=said):
        a_job(**fields)


def test_on_google_no_volume_is_needed():
    job = a_job(volume=None, root="gs://bucket/v2/", serving_directory="gs://b/serving/mask")
    assert job.root == "gs://bucket/v2"
    assert job.make_serving_directory == "gs://b/serving/mask-make"
    assert job.fits_directory == "/tmp/studio-mask/fits"


def test_a_killed_fit_is_kept_on_the_volume():
    assert a_job().fits_directory == "/mnt/studio-mask/fits"


@pytest.mark.parametrize("path", ["mnt", "/", ""])
def test_a_volume_has_a_place(path):
    with pytest.raises(ValidationError, match="is no path such as"):
        Volume("claim", path)


def test_a_step_has_a_machine():
    with pytest.raises(ValidationError, match="greater than 0"):
        StepMachine(cpu=0)


def test_overrides_come_in_their_order():
    job = a_job(preset="carvana-128", overrides=("unet_fit.epochs=3", "unet_fit.seed=1"))
    config = job.config("unet_fit.epochs=4")
    assert (config.unet_fit.epochs, config.unet_fit.seed) == (4, 1)
    assert job.config().unet_fit.epochs == 3
    assert a_job(preset="carvana-128").config() == PRESETS["carvana-128"]
    with pytest.raises(InvalidOverride, match="no field 'unet.fliters'"):
        job.config("unet.fliters=3")


def test_the_root_is_kept():
    assert a_job().root == ROOT
