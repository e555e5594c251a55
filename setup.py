"""The distribution: what Beam and Kubeflow workers install, and what brings `studio-mask`.

The ranges below are what the code works with; `requirements/` pins what it is tested with.
"""

from setuptools import setup

setup(
    name="studio-mask",
    version="0.1.0",
    description="Studio photographs to pixel-exact masks: a TFX pipeline and its serving",
    python_requires=">=3.10",
    packages=[
        "components",
        "evaluation",
        "evaluation.clauses",
        "pipeline",
        "pipeline.schema",
        "serving",
        "serving.client",
        "serving.server",
        "studio",
        "trainer",
        "trainer.losses",
        "trainer.models",
    ],
    package_data={"pipeline.schema": ["*.pbtxt"]},
    install_requires=[
        "tfx>=1.16,<1.22",
        "keras>=3.3",
        "keras-tuner",
        "tensorflow-serving-api",
        "grpcio",
        "opencv-python-headless",
        "pillow",
        "pydantic>=2",
        "click",
        "rich",
    ],
    entry_points={"console_scripts": ["studio-mask = serving.command_line:main"]},
)
