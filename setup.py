"""The distribution: what clients, servers, and Beam and Kubeflow workers install.

By itself it brings the ``studio-mask`` command, which says which extra is missing. A client
installs ``studio-mask[client]``, which needs no TensorFlow; a machine that serves
``studio-mask[server]``; a worker of the pipeline ``studio-mask[pipeline]``, which is everything but
what compiles for Kubeflow (``kubeflow``, below Python 3.12) and CUDA for GPUs (``gpu``).

The ranges below are what the code works with; `requirements/` pins what it is tested with.
"""

from setuptools import setup

CLIENT = [
    "grpcio",
    "httpx>=0.25",
    "numpy",
    "opencv-python-headless",
    "protobuf>=3.20.3",
    "tenacity>=8.2",
]
SERVER = [
    "cryptography",
    "grpcio",
    "model-signing",
    "numpy",
    "orjson",
    "protobuf>=3.20.3",
    # model-signing imports it and does not say so.
    "pyopenssl",
    "starlette",
    "tensorflow>=2.16,<2.22",
    "tensorflow-serving-api>=2.16,<2.22",
    "uvicorn",
]
PIPELINE = [
    *CLIENT,
    *SERVER,
    # Beam reads hdfs:// with it.
    "hdfs",
    "jinja2>=3",
    "keras>=3.3",
    "keras-tuner",
    "markupsafe",
    "matplotlib>=3.7",
    "pillow",
    "pydantic>=2",
    "tfx>=1.16,<1.22",
]
# TFX's own extra, which exists only below Python 3.12.
KUBEFLOW = [*PIPELINE, "tfx[kfp]>=1.16,<1.22"]
# To be had beside server or pipeline.
GPU = ["tensorflow[and-cuda]>=2.16,<2.22"]

setup(
    name="studio-mask",
    version="0.1.0",
    description="Studio photographs to pixel-exact masks: a TFX pipeline and its serving",
    python_requires=">=3.10",
    packages=[
        "batch",
        "components",
        "evaluation",
        "evaluation.clauses",
        "evaluation.make_classifier",
        "pipeline",
        "pipeline.config",
        "pipeline.kubeflow",
        "pipeline.kubeflow.compiler",
        "pipeline.kubeflow.container",
        "pipeline.kubeflow.server",
        "pipeline.schema",
        "pipeline.steps",
        "report",
        "report.data",
        "report.model_card",
        "report.network",
        "report.plots",
        "report.results",
        "report.sections",
        "report.serving",
        "report.views",
        "serving",
        "serving.client",
        "serving.client.pictures",
        "serving.client.transports",
        "serving.rollback",
        "serving.server",
        "serving.server.batching",
        "serving.server.rest",
        "serving.server.services",
        "serving.server.versions",
        "serving.signing",
        "studio",
        "trainer",
        "trainer.losses",
        "trainer.make_classifier",
        "trainer.models",
        "trainer.photograph",
    ],
    package_data={
        "pipeline.kubeflow": ["manifests/*.yaml"],
        "pipeline.schema": ["*.pbtxt"],
        "report": ["templates/*.html", "templates/*.md"],
    },
    install_requires=["click", "rich"],
    extras_require={
        "client": CLIENT,
        "server": SERVER,
        "pipeline": PIPELINE,
        "kubeflow": KUBEFLOW,
        "gpu": GPU,
    },
    entry_points={"console_scripts": ["studio-mask = serving.command_line:main"]},
)
