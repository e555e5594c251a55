"""Jobs that several tests compile."""

from pipeline.kubeflow.job import KubeflowJob, StepMachine, Volume

IMAGE = "registry.example/studio-mask:0.1.0"
ROOT = "minio://mlpipeline/v2"
VOLUME = Volume("studio-mask", "/mnt/studio-mask")


def a_job(**fields: object) -> KubeflowJob:
    """Returns a job; what is not said is as a user on a cluster with one volume would have it."""
    known = {
        "image": IMAGE,
        "root": ROOT,
        "serving_directory": f"{VOLUME.path}/serving/mask",
        "data": f"{VOLUME.path}/photographs/span-{{SPAN}}",
        "volume": VOLUME,
    }
    return KubeflowJob(**(known | fields))


def golden_job() -> KubeflowJob:
    """Returns the job whose package is kept in compiler/carvana-512.yaml."""
    gpu = StepMachine(cpu=8, memory_gib=32, gpus=1, node_selector={"pool": "gpu"})
    return a_job(preset="carvana-512", machines={"trainer-unet": gpu}, retries=3)
