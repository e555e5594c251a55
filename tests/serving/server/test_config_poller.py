"""Looking at the configuration file again and again."""

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.config_poller import ConfigPoller


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "models.config"
    path.write_text("model_config_list { config { name: 'a' } }")
    return path


@pytest.fixture
def poll():
    """Starts pollers, and stops them after the test."""
    pollers = []

    def start(path, apply):
        pollers.append(ConfigPoller(path, 0.01, apply))
        pollers[-1].start()

    yield start
    for poller in pollers:
        poller.stop()


def test_every_look_puts_the_file_into_force(path, poll, eventually):
    names = []
    poll(path, lambda config: names.append(config.model_config_list.config[0].name))
    eventually(lambda: names.count("a") > 2)
    path.write_text("model_config_list { config { name: 'b' } }")
    eventually(lambda: names[-1] == "b")


def test_a_file_that_cannot_be_put_into_force_is_logged_once_and_tried_again(
    path, poll, eventually, caplog
):
    tries = []

    def refuse_three(config):
        tries.append(config)
        if len(tries) < 4:
            raise ServingError(StatusCode.FAILED_PRECONDITION, "not yet")

    poll(path, refuse_three)
    eventually(lambda: len(tries) > 4)
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} is not put into force: FAILED_PRECONDITION: not yet"
    ]


def test_a_file_that_cannot_be_read_is_logged_and_read_again(path, poll, eventually, caplog):
    applied = []
    path.write_text("what?")
    poll(path, applied.append)
    eventually(lambda: "Invalid protobuf file" in caplog.text)
    assert not applied
    path.write_text("model_config_list {}")
    eventually(lambda: bool(applied))


def test_one_that_was_never_started_can_be_stopped(path):
    ConfigPoller(path, 0.01, print).stop()
