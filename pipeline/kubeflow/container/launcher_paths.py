"""Where Kubeflow's launcher keeps its copies of artifacts.

Before a step it downloads the step's inputs, after it uploads the outputs, and steps read and
write files: so they work on any object store that the launcher knows, with no client of their own.
The paths are those of ``LocalPathForURI`` in Kubeflow Pipelines' backend
(backend/src/v2/component/launcher_v2.go, seen in versions 2.0 to 2.5).
"""

_FOLDERS = {"gs://": "/gcs/", "s3://": "/s3/", "minio://": "/minio/"}


def local_path(uri: str) -> str:
    """Returns the path of an artifact's copy; of anything but such a URL the same text.

    Args:
        uri: Of an artifact.
    """
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return folder + uri[len(scheme) :]
    return uri


def uri_of(path: str) -> str:
    """Returns the URL whose copy lies at a path; of any other path the same text.

    Args:
        path: Of ``local_path``.
    """
    for scheme, folder in _FOLDERS.items():
        if path.startswith(folder):
            return scheme + path[len(folder) :]
    return path
