"""What is read from a compiled pipeline, and which runtime parameters it takes."""

import hashlib

import pytest
import yaml

from pipeline.kubeflow.server.compiled_package import CompiledPackage
from pipeline.kubeflow.server.refused import KubeflowRefused


def spec_with(**parameters):
    return {
        "pipelineInfo": {"name": "studio-mask"},
        "root": {"inputDefinitions": {"parameters": parameters}},
        "schemaVersion": "2.1.0",
    }


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "pipeline.yaml"
    documents = [
        spec_with(
            data={"parameterType": "STRING", "defaultValue": "gs://photos"},
            span={"parameterType": "NUMBER_INTEGER", "defaultValue": -1},
            overrides={"parameterType": "LIST", "defaultValue": []},
            margin={"parameterType": "NUMBER_DOUBLE", "isOptional": True},
            make={"parameterType": "BOOLEAN", "isOptional": True},
            other={"parameterType": "STRUCT", "isOptional": True},
        ),
        {"platforms": {}},
    ]
    path.write_text("---\n".join(yaml.safe_dump(each) for each in documents))
    return path


def test_name_and_version(package):
    read = CompiledPackage.read(package)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    assert (read.name, read.version) == ("studio-mask", f"studio-mask-{digest[:12]}")
    package.write_text(package.read_text() + "\n")
    assert CompiledPackage.read(package).version != read.version


def test_text_becomes_the_parameters_type(package):
    given = {
        "data": "12",
        "span": "3",
        "overrides": '["unet_fit.epochs=60"]',
        "margin": "2",
        "make": "true",
        "other": '{"a": [1]}',
    }
    assert CompiledPackage.read(package).arguments(given) == {
        "data": "12",
        "span": 3,
        "overrides": ["unet_fit.epochs=60"],
        "margin": 2,
        "make": True,
        "other": {"a": [1]},
    }


def test_values_of_the_type_stay(package):
    given = {"span": 3, "make": False, "margin": 0.5, "overrides": []}
    assert CompiledPackage.read(package).arguments(given) == given
    assert CompiledPackage.read(package).arguments({}) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"epochs": "3"},
            "no parameter 'epochs'; it has: data, make, margin, other, overrides, span",
        ),
        ({"span": "newest"}, "'span' is a whole number, and 'newest' is not"),
        ({"span": "1.5"}, "'span' is a whole number, and 1.5 is not"),
        ({"span": "true"}, "'span' is a whole number, and True is not"),
        ({"overrides": "unet_fit.epochs=60"}, "'overrides' is a JSON list such as"),
        ({"overrides": "{}"}, "'overrides' is a JSON list such as"),
        ({"make": "1"}, "'make' is true or false, and 1 is not"),
        ({"data": 3}, "'data' is text, and 3 is not"),
    ],
)
def test_what_it_does_not_take(package, given, said):
    with pytest.raises(KubeflowRefused, match=said) as refused:
        CompiledPackage.read(package).arguments(given)
    assert "\n" not in str(refused.value)


def test_a_parameter_without_a_default_must_be_given(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump(spec_with(data={"parameterType": "STRING"})))
    read = CompiledPackage.read(path)
    with pytest.raises(KubeflowRefused, match="needs a value of its parameter 'data'"):
        read.arguments({})
    assert read.arguments({"data": ""}) == {"data": ""}


def test_a_pipeline_may_have_no_parameters(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text("pipelineInfo: {name: a}\nroot: {dag: {}}\n")
    with pytest.raises(KubeflowRefused, match="it has: none"):
        CompiledPackage.read(path).arguments({"data": "x"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no pipeline compiled"),
        (b"a: b", "is no pipeline compiled"),
        (b"- 1", "is no pipeline compiled"),
        (b"pipelineInfo: {name: a}\nroot: 3", "is no pipeline compiled"),
        (b"{", "is no YAML"),
        (b"\xff\xfe\xff", "is no YAML"),
    ],
)
def test_another_file(tmp_path, content, said):
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(content)
    with pytest.raises(KubeflowRefused, match=said):
        CompiledPackage.read(path)


def test_no_file(tmp_path):
    with pytest.raises(KubeflowRefused, match="absent.yaml cannot be read: No such file"):
        CompiledPackage.read(tmp_path / "absent.yaml")
