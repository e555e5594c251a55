import pytest

from pipeline.kubeflow.job import StepMachine
from pipeline.kubeflow.machine_flags import InvalidMachine, machines


def test_without_flags_every_step_has_the_same():
    assert machines() == (StepMachine(), {})


def test_a_step_has_what_all_have_and_its_own():
    machine, named = machines(
        cpu=("2", "trainer-unet:16"),
        memory=("4", "transform:24"),
        node_selector=("zone=a", "trainer-unet:pool=gpu", "trainer-unet:example.com/gpu=a100"),
    )
    assert machine == StepMachine(cpu=2, memory_gib=4, node_selector={"zone": "a"})
    assert named == {
        "trainer-unet": StepMachine(
            cpu=16,
            memory_gib=4,
            node_selector={"zone": "a", "pool": "gpu", "example.com/gpu": "a100"},
        ),
        "transform": StepMachine(cpu=2, memory_gib=24, node_selector={"zone": "a"}),
    }


def test_a_gpu_is_for_the_fit():
    machine, named = machines(gpu=("2",), gpu_type=("trainer-unet:amd.com/gpu",))
    assert machine.gpus == 0
    assert named == {"trainer-unet": StepMachine(gpus=2, gpu_type="amd.com/gpu")}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"cpu": ("many",)}, "machine of every step: cpu='many'"),
        ({"cpu": ("trainer-unet:0",)}, "machine of trainer-unet: cpu='0'"),
        ({"memory": ("trainer-unet:",)}, "--memory trainer-unet:: write VALUE"),
        ({"memory": (":8",)}, "--memory :8: write VALUE"),
        ({"gpu": ("-1",)}, "machine of trainer-unet: gpus='-1'"),
        ({"node_selector": ("pool",)}, "--node-selector pool: write LABEL=VALUE"),
        ({"node_selector": ("gate:=x",)}, "--node-selector gate:=x: write LABEL=VALUE"),
    ],
)
def test_a_flag_that_says_nothing_is_named(flags, said):
    with pytest.raises(InvalidMachine, match=said):
        machines(**flags)
