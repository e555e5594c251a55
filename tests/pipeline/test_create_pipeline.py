import dataclasses
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tfx import v1 as tfx

import trainer
from pipeline.code_digest import code_digest
from pipeline.config import (
    DATA_CONFIG,
    DRIFT_CONFIG,
    GATE_CONFIG,
    INPUT_CONFIG,
    MAKE_GATE_CONFIG,
    MAKE_TRAINER_CONFIG,
    MODEL_CARD_CONFIG,
    SERVER_CHECK_CONFIG,
    TRAINER_CONFIG,
    TUNER_CONFIG,
    BulkConfig,
    DataConfig,
    DriftConfig,
    GateConfig,
    InputConfig,
    MakeConfig,
    MakeFitConfig,
    MakeGateConfig,
    ModelCardConfig,
    PipelineConfig,
    ServerCheckConfig,
    SigningConfig,
    TunerConfig,
    UNetConfig,
)
from pipeline.create_pipeline import create_pipeline
from serving.signing.keys import UnusableKey

CONFIG = PipelineConfig(
    data=DataConfig(val_fraction=0.25, max_quarantine_fraction=0.5),
    drift=DriftConfig(stop=True),
    input=InputConfig(64, 96),
    unet=UNetConfig(depth=3),
    gate=GateConfig(baseline_margin=0.125),
    server_check=ServerCheckConfig(photographs=2),
    model_card=ModelCardConfig(name="Masks of ours"),
)


def created(folder, config):
    return create_pipeline(
        name="mask",
        root=str(folder),
        data="/photographs",
        fingerprint="f00",
        unlabelled_names="ba7",
        schema_file="/schema/schema.pbtxt",
        serving_directory="/serving",
        make_serving_directory="/serving_makes",
        fits_directory="/fits",
        config=config,
        metadata=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "metadata.sqlite")
        ),
        beam_pipeline_args=["--direct_num_workers=3"],
    )


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    return created(tmp_path_factory.mktemp("pipeline"), CONFIG)


@pytest.fixture(scope="module")
def steps(pipeline):
    return {step.id: step for step in pipeline.components}


def before(step):
    """All steps that must be finished before this one."""
    return {each.id for each in step.upstream_nodes}.union(*map(before, step.upstream_nodes))


def test_caching_is_on_and_beam_gets_its_arguments(pipeline):
    assert pipeline.enable_cache
    assert pipeline.beam_pipeline_args == ["--direct_num_workers=3"]


def test_no_step_learns_anything_before_the_data_is_checked(steps):
    for step in ("Transform", "Trainer.unet", "Trainer.cnn", "Trainer.average_mask", "Gate"):
        assert "DataCheck" in before(steps[step]), step
        assert "DriftCheck" in before(steps[step]) or step == "Gate", step


def test_only_a_judged_model_is_pushed(steps):
    assert "Gate" in before(steps["Pusher"])
    [blessing] = steps["Gate"].outputs["blessing"].get()
    assert blessing in steps["Pusher"].inputs["model_blessing"].get()
    assert blessing in steps["ServerCheck"].inputs["model_blessing"].get()


def test_only_what_ran_in_its_server_is_pushed(steps):
    [checked] = steps["ServerCheck"].outputs["infra_blessing"].get()
    assert checked in steps["Pusher"].inputs["infra_blessing"].get()
    # Else the Trainer's files would be pushed, not those that were checked.
    assert "model" not in steps["Pusher"].inputs
    assert steps["ServerCheck"].inputs["model"].producer_component_id == "Trainer.unet"


def test_the_card_is_pushed_with_the_model(steps):
    [card] = steps["ModelCard"].outputs["card"].get()
    assert card in steps["Pusher"].inputs["model_card"].get()


def test_the_report_comes_last_and_finds_the_metadata(steps, pipeline):
    report = steps["RunReport"]
    assert pipeline.components[-1] is report
    assert before(report) == steps.keys() - {"RunReport"}
    metadata = json.loads(report.exec_properties["metadata"])
    assert metadata["sqlite"]["filenameUri"].endswith("metadata.sqlite")
    assert not {"make_fit", "make_evaluation"} & report.inputs.keys()


def test_resolvers_know_masks_from_makes(steps, tmp_path):
    config = dataclasses.replace(CONFIG, make=MakeConfig(enabled=True), warm_start=True)
    steps = {step.id: step for step in created(tmp_path, config).components}
    made_by = {
        "LastBlessed": {"model": "Trainer.unet", "model_blessing": "Gate"},
        "LastBlessedStatistics": {"model": "Trainer.unet", "model_blessing": "Gate"},
        "WarmStart": {"model": "Trainer.unet", "model_blessing": "Gate"},
        "LastBlessedMake": {"model": "Trainer.make", "model_blessing": "MakeGate"},
    }
    for resolver, producers in made_by.items():
        for key, producer in producers.items():
            channel = steps[resolver].raw_inputs[key]
            assert channel.producer_component_id == producer
            # With one it would be the channel of this run's own step.
            assert channel.output_key is None


def test_there_is_no_make_classifier_unless_asked_for(steps):
    assert not {"Trainer.make", "LastBlessedMake", "MakeGate", "MakePusher"} & steps.keys()


def test_photographs_are_masked_at_the_end_if_there_are_some(tmp_path):
    steps = {node.id for node in created(tmp_path, CONFIG).components}
    config = dataclasses.replace(CONFIG, bulk=BulkConfig(photographs="/new"))
    masked = created(tmp_path, config)
    added = {node.id: node for node in masked.components if node.id not in steps}
    assert set(added) == {"UnlabelledExampleGen", "ExamplesModel", "BulkInferrer"}
    example_gen = added["UnlabelledExampleGen"]
    assert example_gen.exec_properties["data"] == "/new"


def test_a_make_classifier_has_steps_of_its_own(tmp_path, steps):
    make = MakeConfig(True, MakeFitConfig(epochs=3), MakeGateConfig(majority_margin=0.25))
    config = dataclasses.replace(CONFIG, make=make)
    with_makes = {step.id: step for step in created(tmp_path, config).components}
    assert with_makes.keys() - steps.keys() == {
        "Trainer.make",
        "LastBlessedMake",
        "MakeGate",
        "MakePusher",
    }
    fit = with_makes["Trainer.make"].exec_properties
    assert fit["run_fn"] == "trainer.make_classifier.fit.run_fn"
    given = MAKE_TRAINER_CONFIG.validate_json(json.loads(fit["custom_config"])["trainer"])
    assert given == config.make_trainer()
    gate = with_makes["MakeGate"].exec_properties["config"]
    assert MAKE_GATE_CONFIG.validate_json(gate) == make.gate
    destination = json.loads(with_makes["MakePusher"].exec_properties["push_destination"])
    assert destination["filesystem"]["base_directory"] == "/serving_makes"
    assert {"make_fit", "make_evaluation"} <= with_makes["RunReport"].inputs.keys()
    # The masks' models are not fitted again.
    unets = [each["Trainer.unet"].exec_properties["custom_config"] for each in (steps, with_makes)]
    assert json.loads(unets[0])["trainer"] == json.loads(unets[1])["trainer"]


def test_the_test_split_is_kept_from_all_learning(steps):
    splits = json.loads(steps["Transform"].exec_properties["splits_config"])
    assert splits == {"analyze": ["train"], "transform": ["train", "val"]}
    for model in ("unet", "cnn", "average_mask"):
        properties = steps[f"Trainer.{model}"].exec_properties
        assert json.loads(properties["train_args"])["splits"] == ["train"]
        assert json.loads(properties["eval_args"])["splits"] == ["val"]
        assert "PhotographExampleGen" not in {
            each.id for each in steps[f"Trainer.{model}"].upstream_nodes
        }


def test_each_step_gets_its_part_of_the_config(steps):
    def custom(step):
        return json.loads(steps[step].exec_properties["custom_config"])

    data_check = steps["DataCheck"].exec_properties["config"]
    assert DATA_CONFIG.validate_json(data_check) == CONFIG.data
    # Without the limit: it decides nothing there, and a change would read all photographs again.
    example_gen = steps["PhotographExampleGen"].exec_properties["config"]
    assert DATA_CONFIG.validate_json(example_gen) == dataclasses.replace(
        CONFIG.data, max_quarantine_fraction=DataConfig().max_quarantine_fraction
    )
    assert steps["PhotographExampleGen"].exec_properties["data"] == "/photographs"
    assert steps["PhotographExampleGen"].exec_properties["fingerprint"] == "f00"
    statistics = steps["PhotographStatisticsGen"].exec_properties
    assert statistics["data"] == "/photographs"
    # What waits in test/ is counted there, and nowhere else.
    assert statistics["fingerprint"] == "f00-ba7"
    assert DRIFT_CONFIG.validate_json(steps["DriftCheck"].exec_properties["config"]) == CONFIG.drift
    card = steps["ModelCard"].exec_properties["config"]
    assert MODEL_CARD_CONFIG.validate_json(card) == CONFIG.model_card
    assert INPUT_CONFIG.validate_json(custom("Transform")["input"]) == CONFIG.input
    for model in ("unet", "cnn", "average_mask"):
        given = TRAINER_CONFIG.validate_json(custom(f"Trainer.{model}")["trainer"])
        assert given == CONFIG.trainer(model)
    assert GATE_CONFIG.validate_json(steps["Gate"].exec_properties["config"]) == CONFIG.gate
    server_check = steps["ServerCheck"].exec_properties["config"]
    assert SERVER_CHECK_CONFIG.validate_json(server_check) == CONFIG.server_check
    destination = json.loads(steps["Pusher"].exec_properties["push_destination"])
    assert destination["filesystem"]["base_directory"] == "/serving"


def test_functions_are_given_by_import_path(steps):
    # A module file would be packaged with pip at run time.
    assert steps["Transform"].exec_properties["preprocessing_fn"] == (
        "trainer.preprocessing.preprocessing_fn"
    )
    assert not steps["Transform"].exec_properties["module_file"]
    for model in ("unet", "cnn", "average_mask"):
        properties = steps[f"Trainer.{model}"].exec_properties
        assert properties["run_fn"] == "trainer.fit.run_fn"
        assert not properties["module_file"]


def test_steps_with_code_of_ours_are_cached_by_its_digest(steps):
    digests = {
        step: steps[step].exec_properties["code"]
        for step in (
            "PhotographExampleGen",
            "PhotographStatisticsGen",
            "DriftCheck",
            "Gate",
            "ServerCheck",
            "ModelCard",
            "RunReport",
        )
    }
    for step in ("Transform", "Trainer.unet", "Trainer.cnn", "Trainer.average_mask"):
        digests[step] = json.loads(steps[step].exec_properties["custom_config"])["code"]
    assert digests["Trainer.unet"] == digests["Trainer.cnn"] == code_digest(trainer)
    assert len(set(digests.values())) == 9
    assert all(len(digest) == 16 for digest in digests.values())


def test_tuner_and_warm_start_are_left_out_unless_asked_for(steps):
    assert not {"Tuner", "WarmStart"} & steps.keys()


def test_tuner_hands_what_it_found_to_the_unets_trainer(tmp_path):
    config = dataclasses.replace(CONFIG, tuner=TunerConfig(trials=3, epochs=2))
    steps = {step.id: step for step in created(tmp_path, config).components}
    tuner = steps["Tuner"]
    assert tuner.exec_properties["tuner_fn"] == "trainer.tuner.tuner_fn"
    custom = json.loads(tuner.exec_properties["custom_config"])
    assert TUNER_CONFIG.validate_json(custom["tuner"]) == config.tuner
    assert TRAINER_CONFIG.validate_json(custom["trainer"]) == config.trainer("unet")
    assert "Tuner" in before(steps["Trainer.unet"])
    assert "Tuner" not in before(steps["Trainer.cnn"])
    assert "DataCheck" in before(tuner)


def test_warm_start_gives_the_unets_trainer_a_base_model(tmp_path):
    config = dataclasses.replace(CONFIG, warm_start=True)
    steps = {step.id: step for step in created(tmp_path, config).components}
    assert "WarmStart" in before(steps["Trainer.unet"])
    assert "WarmStart" not in before(steps["Trainer.cnn"])
    assert "base_model" in steps["Trainer.unet"].inputs


def test_a_search_starts_from_the_model_that_the_fit_starts_from(tmp_path):
    config = dataclasses.replace(CONFIG, warm_start=True, tuner=TunerConfig(trials=3))
    steps = {step.id: step for step in created(tmp_path, config).components}
    assert "WarmStart" in before(steps["Tuner"])
    assert steps["Tuner"].inputs["base_model"] is steps["Trainer.unet"].inputs["base_model"]
    cold = dataclasses.replace(config, warm_start=False)
    steps = {step.id: step for step in created(tmp_path, cold).components}
    assert "base_model" not in steps["Tuner"].inputs


class TestSigning:
    @pytest.fixture
    def pusher_config(self, tmp_path):
        def pusher_config(private_key):
            config = dataclasses.replace(CONFIG, signing=SigningConfig(str(private_key)))
            steps = {step.id: step for step in created(tmp_path, config).components}
            return json.loads(steps["Pusher"].exec_properties["custom_config"])

        return pusher_config

    @pytest.fixture
    def new_key(self):
        def new_key(path):
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            path.write_bytes(pem)
            return pem.decode()

        return new_key

    def test_without_a_key_nothing_is_signed(self, steps):
        assert json.loads(steps["Pusher"].exec_properties["custom_config"]) == {}

    def test_the_pusher_gets_the_keys_path_and_never_its_content(
        self, pusher_config, new_key, tmp_path, monkeypatch
    ):
        pem = new_key(tmp_path / "signing.key")
        monkeypatch.chdir(tmp_path)
        config = pusher_config("signing.key")
        assert config["private_key"] == str(tmp_path / "signing.key")
        assert not any(line in json.dumps(config) for line in pem.splitlines()[1:-1])

    def test_another_key_in_the_same_file_is_noticed(self, pusher_config, new_key, tmp_path):
        path = tmp_path / "signing.key"
        new_key(path)
        first = pusher_config(path)
        assert pusher_config(path) == first
        new_key(path)
        assert pusher_config(path) != first

    def test_a_key_that_cannot_sign_is_said_before_any_work(self, pusher_config, tmp_path):
        with pytest.raises(UnusableKey, match=r"cannot read the private key .*no\.key: No such"):
            pusher_config(tmp_path / "no.key")
