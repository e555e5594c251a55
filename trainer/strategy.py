"""Where a fit runs: on one device, on all GPUs of a machine, or on several machines.

Several machines find each other through the environment variable ``TF_CONFIG``, which Vertex AI
and Kubeflow's TFJob set: {"cluster": {"chief": ["host:port"], "worker": ["host:port", ...]},
"task": {"type": "worker", "index": 0}}. Each runs the same step with the same arguments. Inputs,
and the folder of the fits, must lie where all of them can read.
"""

import contextlib
import json
import os
from typing import Any

import tensorflow as tf

_TASKS = ("chief", "worker")


class UnusableCluster(ValueError):
    """``TF_CONFIG`` cannot be used; the message says why."""


def several_machines() -> bool:
    """Returns whether ``TF_CONFIG`` names more than one machine that fits, this one among them.

    Raises:
        UnusableCluster: If it cannot be read, or gives this process no place among them.
    """
    text = os.environ.get("TF_CONFIG") or "{}"
    try:
        config = json.loads(text)
        cluster = config.get("cluster", {})
        machines = {task: len(cluster.get(task, ())) for task in _TASKS}
        if sum(machines.values()) <= 1:
            return False
        kind, index = config["task"]["type"], int(config["task"]["index"])
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnusableCluster(
            'TF_CONFIG: write {"cluster": {"worker": ["host:port", ...]}, "task": {"type": '
            f'"worker", "index": 0}}}}, not {text}'
        ) from error
    if kind not in _TASKS:
        raise UnusableCluster(
            f"TF_CONFIG makes this process a {kind!r}, but all machines fit alike: "
            f"{' or '.join(_TASKS)}"
        )
    if not 0 <= index < machines[kind]:
        raise UnusableCluster(
            f"TF_CONFIG makes this process {kind} {index}, and names {machines[kind]} of them, "
            "from 0"
        )
    return True


def make_strategy() -> tf.distribute.Strategy:
    """Chooses by what is there; call it before TensorFlow has run anything.

    Returns:
        ``MultiWorkerMirroredStrategy`` if ``TF_CONFIG`` names more than one chief or worker,
        ``MirroredStrategy`` if several GPUs are visible, else TensorFlow's default strategy, which
        changes nothing.

    Raises:
        UnusableCluster: If ``TF_CONFIG`` cannot be used.
        RuntimeError: If there are several machines and TensorFlow has run something already.
    """
    if several_machines():
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.get_visible_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process is the one that writes files."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or (not has_chief and resolver.task_id == 0)


def is_chief_by_name() -> bool:
    """Returns the same for one of several machines, by ``TF_CONFIG`` alone."""
    config = json.loads(os.environ["TF_CONFIG"])
    task = config["task"]
    if config["cluster"].get("chief"):
        return task["type"] == "chief"
    return int(task["index"]) == 0


def scope_of(strategy: tf.distribute.Strategy) -> contextlib.AbstractContextManager[Any]:
    """Returns the scope to build and compile models in."""
    # The default strategy's scope would be another context for Keras to compute in.
    several = strategy.num_replicas_in_sync > 1
    return strategy.scope() if several else contextlib.nullcontext()


def wait_for_workers(strategy: tf.distribute.Strategy, number: int = 0) -> None:
    """Waits until all machines have come here, each with the same number.

    Args:
        strategy: Of ``make_strategy``.
        number: What to agree on.

    Raises:
        RuntimeError: If another machine came with another number.
    """
    if strategy.cluster_resolver is None:
        return
    total = strategy.reduce("SUM", strategy.run(lambda: tf.constant(float(number))), axis=None)
    if float(total) != number * strategy.num_replicas_in_sync:
        raise RuntimeError(
            f"the machines of this fit disagree: this one has {number}. Do all of them see the "
            "same folders?"
        )
