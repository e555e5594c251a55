import os
import shutil
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf

from components.server_verdict import SERVER_VERDICT, ServerVerdict, not_checked
from evaluation.clause import Clause
from report.serving.servable_facts import NamedTensor, servable_facts
from report.serving.serving_commands import serving_commands
from report.serving.serving_sections import serving_sections
from tests.report.finished_run import red_is_car

IMAGE = NamedTensor("image_bytes", "string", "[N]")


@pytest.fixture(scope="module")
def servable(tmp_path_factory):
    """A version with two warm-up requests, signed, and a signature of floats."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def mask(image_bytes):
        return {"mask_png_bytes": image_bytes}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def probability(image_bytes):
        return {"probability": tf.zeros([tf.shape(image_bytes)[0], 5, 7]), "sizes": tf.constant(1)}

    folder = tmp_path_factory.mktemp("models") / "1"
    signatures = {"a_probability": probability, "serving_default": mask}
    tf.saved_model.save(tf.Module(), str(folder), signatures=signatures)
    warmup = folder / "assets.extra" / "tf_serving_warmup_requests"
    warmup.parent.mkdir()
    with tf.io.TFRecordWriter(str(warmup)) as writer:
        writer.write(b"one")
        writer.write(b"two")
    (folder / "model.sig").write_bytes(b"{}")
    return folder


def test_a_servable_from_outside(servable):
    facts = servable_facts(str(servable))
    default, probability = facts.signatures
    assert (default.name, default.inputs) == ("serving_default", (IMAGE,))
    assert default.outputs == (NamedTensor("mask_png_bytes", "string", "[N]"),)
    assert (probability.name, probability.inputs) == ("a_probability", (IMAGE,))
    assert probability.outputs == (
        NamedTensor("probability", "float32", "[N, 5, 7]"),
        NamedTensor("sizes", "int32", "[]"),
    )
    assert facts.tensorflow == tf.__version__
    assert facts.graph_bytes == (servable / "saved_model.pb").stat().st_size
    files = [path for path in servable.rglob("*") if path.is_file()]
    assert facts.all_bytes == sum(path.stat().st_size for path in files)
    assert facts.warmup_requests == 2
    assert facts.signed


def test_no_servable(tmp_path):
    assert servable_facts(str(tmp_path)) is None
    assert servable_facts("") is None


def test_what_was_pushed(finished_run, servable, read_page):
    shutil.copytree(servable, finished_run.files.pushed_model, dirs_exist_ok=True)
    Path(finished_run.files.models["unet"], "model.weights.h5").write_bytes(bytes(2_500_000))
    finished_run.fit("unet", threshold=0.4375)
    clauses = (
        Clause("fast over gRPC", True, "median 0.010 s", {}),
        Clause("memory of its <server>", False, "9000 MiB at its peak", {}),
    )
    verdict = ServerVerdict(blessed=False, checked=True, server="embedded", clauses=clauses)
    Path(finished_run.files.infra_blessing, "server_check.json").write_bytes(
        SERVER_VERDICT.dump_json(verdict)
    )
    [section] = serving_sections(finished_run.files, "/srv/my models/mask")
    text = " ".join(read_page(section.html).text.split())
    assert "The model that was pushed, signed." in text
    assert "with 2 requests" in text
    assert "probability float32 [N, 5, 7]" in text
    assert "2.5 MB" in text
    assert "1,234,567" in text
    assert "0.4375" in text
    assert "24x16" in text
    assert "it must not be pushed" in text
    assert "NO" in text
    assert "memory of its <server>" in text
    assert "--model_base_path='/srv/my models/mask'" in text


def test_what_was_not_pushed(finished_run, tmp_path, read_page):
    finished_run.candidate(red_is_car(tmp_path / "servable"))
    Path(finished_run.files.infra_blessing, "server_check.json").write_bytes(
        SERVER_VERDICT.dump_json(not_checked())
    )
    [section] = serving_sections(finished_run.files)
    text = " ".join(read_page(section.html).text.split())
    assert "The U-Net was not pushed; this is the servable that the Trainer left" in text
    assert "It brings no warm-up requests along." in text
    assert "The gate had rejected it, so it was not run in a server." in text
    assert "They serve the version that was pushed last" in text
    assert "WORKDIR/serving_models/mask" in text


def test_nothing_is_there(finished_run, read_page):
    [section] = serving_sections(finished_run.files)
    text = read_page(section.html).text
    assert "There is no servable." in text
    assert "There is no record of a check in a server." in text


def test_commands_with_the_paths_of_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = [each.text for each in serving_commands(str(tmp_path / "my run" / "mask"))]
    assert texts[0].startswith(".venv/bin/studio-mask serve --model_base_path='my run/mask' ")
    assert """--model_base_path="$PWD"/'my run/mask' """ in texts[1]
    assert """-v "$PWD"/'my run/mask':/models/mask:ro tensorflow/serving:""" in texts[2]


def test_a_remote_folder_goes_into_no_container():
    texts = [each.text for each in serving_commands("gs://bucket/mask")]
    assert "--model_base_path=gs://bucket/mask" in texts[0]
    assert not any("docker" in text for text in texts)


def test_the_container_is_the_one_that_is_deployed():
    dockerfile = Path(__file__).parents[3] / "serving" / "deploy" / "Dockerfile"
    [line] = [row for row in dockerfile.read_text().splitlines() if "TF_SERVING_VERSION=" in row]
    version = line.partition("=")[2]
    assert any(f"tensorflow/serving:{version}" in each.text for each in serving_commands("x"))


def test_the_command_over_rest_asks_and_decodes(tmp_path):
    """With a curl that answers with what it was asked."""
    reply = tmp_path / "curl"
    reply.write_text(
        "#!/usr/bin/env python3\nimport json, sys\n"
        "print(json.dumps({'predictions': json.load(sys.stdin)['instances']}))\n"
    )
    reply.chmod(0o755)
    photograph = bytes(range(256)) * 2000
    (tmp_path / "photograph.jpg").write_bytes(photograph)
    command = serving_commands("x")[-1].text
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        command, shell=True, check=True, cwd=tmp_path, env=os.environ | {"PATH": path}, timeout=30
    )
    assert (tmp_path / "mask.png").read_bytes() == photograph


def test_the_program_in_python_is_one():
    [program] = [each.text for each in serving_commands("x") if "MaskClient" in each.text]
    compile(program, "program", "exec")
