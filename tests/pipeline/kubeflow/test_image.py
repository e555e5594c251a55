"""The pipeline's image: read from its Dockerfile, as there is no Docker engine to build it."""

import ast
import json
import os
import re
import shlex
import subprocess
from pathlib import PurePosixPath

import pytest
import tensorflow as tf

from tests.dockerfile import read_dockerfile
from tests.pipeline.kubeflow.image_files import (
    DOCKERFILE,
    PROJECT,
    build_context,
    copied_files,
    copied_sources,
    image_environment,
    image_files,
)
from tests.pipeline.kubeflow.needs_kfp import needs_kfp

LOCK = "requirements/tfx-1.16-py3.10.txt"
GPU_LOCK = "requirements/tfx-1.16-gpu.txt"
EXECUTOR = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
STAGES = [
    "base-cpu",
    "base-gpu",
    "runtime-cpu",
    "xla",
    "runtime-gpu",
    "build",
    "runtime",
    "beam-sdk",
    "beam-worker",
    "pipeline",
]


@pytest.fixture(scope="module")
def instructions():
    return read_dockerfile(DOCKERFILE)


@pytest.fixture(scope="module")
def defaults(instructions):
    """Build arguments and their defaults."""
    pairs = (rest.partition("=") for name, rest in instructions if name == "ARG")
    return {key: value for key, sign, value in pairs if sign}


@pytest.fixture(scope="module")
def stages(instructions):
    """Each stage's base, and its instructions."""
    found = {}
    for name, rest in instructions:
        if name == "FROM":
            base, _, stage = rest.split()
            found[stage] = (base, steps := [])
        elif found:
            steps.append((name, rest))
    return found


@pytest.fixture(scope="module")
def setup_call():
    """What setup.py gives to setup(): the arguments that are written out."""
    tree = ast.parse((PROJECT / "setup.py").read_text())
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setup"
    )
    wanted = ("version", "packages", "package_data")
    return {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg in wanted}


def locked(package, lock=LOCK):
    """Returns the version of a package in a lock of the image's stack, which need not be here."""
    (version,) = re.findall(rf"^{package}==(\S+)", (PROJECT / lock).read_text(), re.MULTILINE)
    return version


@pytest.fixture(scope="module")
def known_to_git():
    """Files that git tracks, or would if asked to add all."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return set(listed.stdout.decode().split("\0"))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return image_files(tmp_path_factory.mktemp("image"))


def run_in(image, tmp_path, *arguments):
    """Runs Python as a step of the image would."""
    return subprocess.run(
        ["python", "-W", "ignore", *arguments],
        cwd=tmp_path,
        env=image_environment(image),
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_stages_and_that_the_pipeline_is_built_by_default(stages):
    assert set(stages) == set(STAGES)
    assert list(stages)[-1] == "pipeline"


def test_everything_that_is_copied_exists_and_reaches_the_builder(known_to_git):
    files = copied_files()
    assert set(files) <= known_to_git
    for source, _ in copied_sources():
        assert (PROJECT / source).exists()
        assert any(path == source or path.startswith(f"{source}/") for path in files), source


def test_nothing_reaches_the_builder_that_is_not_copied():
    assert build_context() == set(copied_files())


@pytest.mark.parametrize(
    "forbidden", [".git", "runs", "shared", "tests", "docs", "benchmarks", ".venv", ".env", ".ci"]
)
def test_what_must_stay_out(forbidden):
    assert not [path for path in build_context() if PurePosixPath(path).parts[0] == forbidden]


def test_no_secret_no_picture_no_cache():
    for path in build_context():
        assert "__pycache__" not in path
        assert PurePosixPath(path).suffix not in {".pem", ".key", ".jpg", ".png", ".gif", ".pyc"}
    given = [rest for name, rest in read_dockerfile(DOCKERFILE) if name in ("ARG", "ENV")]
    assert not [rest for rest in given if re.search("TOKEN|PASSWORD|SECRET|KEY", rest.upper())]


def test_every_package_and_its_data_are_copied(setup_call):
    targets = {str(target) for target in copied_files().values()}
    for package in setup_call["packages"]:
        assert f"{package.replace('.', '/')}/__init__.py" in targets
    for package, patterns in setup_call["package_data"].items():
        folder = PROJECT / package.replace(".", "/")
        for pattern in patterns:
            data = {path.relative_to(PROJECT).as_posix() for path in folder.glob(pattern)}
            assert data
            assert data <= targets


def test_every_package_that_is_copied_is_installed(setup_call):
    inits = [target for target in copied_files().values() if target.name == "__init__.py"]
    assert {str(init.parent).replace("/", ".") for init in inits} == set(setup_call["packages"])


def test_it_installs_the_lock_that_make_installs(stages):
    chosen = {
        what: subprocess.run(
            ["sh", "requirements/stack.sh", what],
            cwd=PROJECT,
            env=os.environ | {"STACK": "1.16", "EXTRAS": "kubeflow"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for what in ("locks", "pythons")
    }
    assert chosen == {"locks": LOCK, "pythons": "3.10"}
    build = stages["build"][1]
    assert ("COPY", f"{LOCK} {LOCK}") in build
    (sync,) = (rest for name, rest in build if name == "RUN" and "pip sync" in rest)
    words = sync.split()
    assert "--require-hashes" in words
    assert [word for word in words if word.endswith(".txt")] == [LOCK]
    # The two other installations fetch nothing that has no hash.
    installs = [rest for name, rest in build if name == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes --requirement requirements/uv.txt" in installs[0]
    assert installs[1].endswith("--no-deps --no-build-isolation --python /opt/venv/bin/python .")


def test_every_requirement_of_the_lock_has_a_hash():
    text = (PROJECT / LOCK).read_text().replace("\\\n", " ")
    rows = [row for row in text.splitlines() if row and not row.lstrip().startswith("#")]
    assert len(rows) > 200
    assert all(
        re.match(r"[a-z0-9.-]+==\S+( ;.*)? .*--hash=sha256:[0-9a-f]{64}", row) for row in rows
    )


def test_bases_have_a_version(stages, defaults):
    outside = {base for base, _ in stages.values() if base.startswith("${")}
    assert outside == {"${CPU_BASE}", "${GPU_BASE}", "${GPU_TOOLS}", "${BEAM_SDK}"}
    for base in outside:
        repository, _, tag = defaults[base[2:-1]].partition(":")
        assert repository
        assert re.search(r"\d+\.\d+", tag), tag
    assert "latest" not in DOCKERFILE.read_text()


def test_stages_build_on_stages_or_named_images(stages):
    inside = {base for base, _ in stages.values() if not base.startswith("${")}
    for device in ("cpu", "gpu"):
        assert {base.replace("${DEVICE}", device) for base in inside} <= set(stages)


def test_the_cuda_is_the_locked_one(defaults):
    cuda = locked("nvidia-cuda-runtime-cu12", GPU_LOCK).rpartition(".")[0]
    for base in ("GPU_BASE", "GPU_TOOLS"):
        assert defaults[base].startswith(f"nvidia/cuda:{cuda}.")
    assert defaults["CUDNN"].startswith(f"{locked('nvidia-cudnn-cu12', GPU_LOCK)}-")


@pytest.mark.skipif(
    tf.__version__ != locked("tensorflow"), reason="another TensorFlow than the image's is here"
)
def test_the_cuda_is_the_one_that_tensorflow_was_built_with(defaults):
    built = tf.sysconfig.get_build_info()
    assert built["is_cuda_build"]
    for base in ("GPU_BASE", "GPU_TOOLS"):
        assert defaults[base].startswith(f"nvidia/cuda:{built['cuda_version']}.")
    assert defaults["CUDNN"].split(".")[0] == built["cudnn_version"]


def test_the_worker_has_the_locked_beam(stages, defaults):
    assert defaults["BEAM_SDK"] == f"apache/beam_python3.10_sdk:{locked('apache-beam')}"
    assert stages["beam-worker"] == (
        "runtime",
        [
            ("COPY", "--from=beam-sdk /opt/apache/beam /opt/apache/beam"),
            ("ENV", "RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1"),
            ("ENTRYPOINT", '["/opt/apache/beam/boot"]'),
        ],
    )


def test_steps_may_be_given_their_whole_command(stages):
    base, last = stages["pipeline"]
    assert base == "runtime"
    assert json.loads(dict(last)["ENTRYPOINT"]) == []


def test_it_runs_as_nobody(stages):
    for stage in ("pipeline", "beam-worker"):
        base, steps = stages[stage]
        users = [rest for name, rest in stages[base][1] + steps if name == "USER"]
        assert users == ["65532:65532"]
    (made,) = (rest for name, rest in stages["runtime"][1] if name == "RUN")
    assert "--gid 65532" in made
    assert "--uid 65532" in made
    assert made.endswith("mkdir --mode=1777 /gcs /minio /s3")


def test_no_compiler_is_left(stages):
    assert any("g++" in rest for _, rest in stages["build"][1])
    for stage in ("base-cpu", "base-gpu", "runtime-cpu", "runtime-gpu", "runtime", "pipeline"):
        for _, rest in stages[stage][1]:
            assert not re.search(r"g\+\+|gcc|build-essential|-dev\b|nvcc", rest)
    taken = [rest for name, rest in stages["runtime"][1] if name == "COPY"]
    assert taken == ["--from=build /opt/venv /opt/venv"]


def test_the_documented_commands_can_be_run(stages, defaults):
    text = DOCKERFILE.with_name("README.md").read_text() + DOCKERFILE.read_text().replace("#  ", "")
    commands = re.findall(r"docker build ((?:.*\\\n)*.*)", text)
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command.replace("\\\n", " "))
        pairs = list(zip(words, words[1:], strict=False))
        (file,) = (value for flag, value in pairs if flag == "--file")
        assert PROJECT / file == DOCKERFILE
        assert words[-1] == "."
        for flag, value in pairs:
            assert flag != "--target" or value in stages
            assert flag != "--build-arg" or value.partition("=")[0] in defaults


def test_labels(stages, defaults, setup_call):
    (labels,) = (rest for name, rest in stages["runtime"][1] if name == "LABEL")
    keys = re.findall(r"([a-z.]+)=\"", labels)
    prefix = "org.opencontainers.image."
    assert keys == [prefix + key for key in ("title", "description", "version", "revision")]
    assert defaults["VERSION"] == setup_call["version"]


def test_the_image_holds_the_project_and_nothing_else_of_the_checkout(image, tmp_path, setup_call):
    assert {path.name for path in image.iterdir()} == {
        *(package.partition(".")[0] for package in setup_call["packages"]),
        "locked.pth",
        f"studio_mask-{setup_call['version']}.dist-info",
    }
    missing = ("benchmarks", "docs", "local_runner")
    ran = run_in(
        image,
        tmp_path,
        "-c",
        "import pipeline, importlib.util, sys; print(pipeline.__file__);"
        f"print([importlib.util.find_spec(name) for name in {missing!r}]);"
        f"print({str(PROJECT)!r} in sys.path)",
    )
    assert ran.stdout.split("\n")[:3] == [
        str(image / "pipeline/__init__.py"),
        "[None, None, None]",
        "False",
    ]


def test_the_image_holds_data_files(image):
    for name in ("pipeline/schema/schema.pbtxt", "report/templates/model_card.md"):
        assert (image / name).read_bytes() == (PROJECT / name).read_bytes()
    assert not (image / "serving/deploy").exists()


@needs_kfp
def test_the_modules_of_the_steps_import(image, tmp_path):
    """What TFX starts each step with, and every module of ours that a step can name."""
    ours = sorted(
        ".".join(path.relative_to(image).with_suffix("").parts)
        for package in ("components", "pipeline", "trainer")
        for path in (image / package).rglob("*.py")
        if path.name != "__init__.py"
    )
    assert {"components.gate", "trainer.fit", "pipeline.create_pipeline"} <= set(ours)
    script = tmp_path / "imports.py"
    script.write_text(
        "import importlib, runpy, sys\n"
        f"for name in {ours!r}:\n"
        "    module = importlib.import_module(name)\n"
        f"    assert module.__file__.startswith({str(image)!r}), module.__file__\n"
        "print('all imported', flush=True)\n"
        "sys.argv = ['executor', '--help']\n"
        f"runpy.run_module({EXECUTOR!r}, run_name='__main__')\n"
    )
    ran = run_in(image, tmp_path, str(script))
    assert ran.stdout.startswith("all imported\n"), ran.stderr[-2000:]
    assert "--executor_class_path" in ran.stdout
