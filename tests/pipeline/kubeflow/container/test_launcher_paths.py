import pytest

from pipeline.kubeflow.container.launcher_paths import local_path, uri_of


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://bucket/a/b", "/gcs/bucket/a/b"),
        ("s3://bucket/a b", "/s3/bucket/a b"),
        ("minio://mlpipeline/v2/model", "/minio/mlpipeline/v2/model"),
    ],
)
def test_there_and_back(uri, path):
    assert local_path(uri) == path
    assert uri_of(path) == uri


@pytest.mark.parametrize("other", ["/mnt/serving/mask", "hdfs://name/x", "", "gs:/x"])
def test_other_places_stay(other):
    assert local_path(other) == other
    assert uri_of(other) == other
