import os
import shutil

import keras
import numpy as np
import pytest

from trainer.fit_backup import FitBackup


@pytest.fixture
def model():
    images = keras.Input((3,))
    model = keras.Model(images, keras.layers.Dense(2)(images))
    model.compile(optimizer=keras.optimizers.AdamW(0.1), loss="mse")
    model.train_on_batch(np.ones((4, 3)), np.zeros((4, 2)))
    return model


def made(folder, model):
    stopping = keras.callbacks.EarlyStopping(patience=7)
    backup = FitBackup(str(folder), {"stopping": stopping})
    backup.set_model(model)
    stopping.set_model(model)
    stopping.on_train_begin()
    return backup, stopping


def test_without_a_backup_a_fit_begins_at_the_beginning(tmp_path, model):
    backup, _ = made(tmp_path / "backup", model)
    before = model.get_weights()
    assert backup.epoch == 0
    backup.on_train_begin()
    backup.on_epoch_begin(0)
    assert not (tmp_path / "backup").exists()
    for weight, same in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, same)


def test_weights_optimizer_and_early_stopping_come_back(tmp_path, model):
    backup, stopping = made(tmp_path / "backup", model)
    stopping.best, stopping.wait, stopping.best_epoch = np.float32(0.75), 3, 4
    stopping.best_weights = [np.full((3, 2), 5.0), np.full(2, 6.0)]
    weights = model.get_weights()
    moments = [variable.numpy() for variable in model.optimizer.variables]
    backup.on_epoch_begin(8)

    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    later, fresh = made(tmp_path / "backup", model)
    assert later.epoch == 8
    later.on_train_begin()
    for weight, saved in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(weight, saved)
    for variable, saved in zip(model.optimizer.variables, moments, strict=True):
        np.testing.assert_array_equal(variable.numpy(), saved)
    assert (fresh.best, fresh.wait, fresh.best_epoch) == (0.75, 3, 4)
    np.testing.assert_array_equal(fresh.best_weights[0], np.full((3, 2), 5.0))


def test_a_kill_while_saving_leaves_the_backup_before(tmp_path, model, monkeypatch):
    backup, _ = made(tmp_path / "backup", model)
    backup.on_epoch_begin(1)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("json.dump", killed)
        with pytest.raises(KeyboardInterrupt):
            backup.on_epoch_begin(2)
    again, _ = made(tmp_path / "backup", model)
    assert again.epoch == 1
    again.on_train_begin()
    again.on_epoch_begin(2)
    assert again.epoch == 2


def test_a_kill_between_the_renames_leaves_the_backup_before(tmp_path, model, monkeypatch):
    backup, _ = made(tmp_path / "backup", model)
    backup.on_epoch_begin(1)
    rename = os.rename

    def killed(source, target):
        if source.endswith(".new"):
            raise KeyboardInterrupt
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            backup.on_epoch_begin(2)
    again, _ = made(tmp_path / "backup", model)
    assert again.epoch == 1
    again.on_epoch_begin(3)
    assert again.epoch == 3
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_a_kill_after_the_renames_does_not_stop_the_next_save(tmp_path, model, monkeypatch):
    backup, _ = made(tmp_path / "backup", model)
    backup.on_epoch_begin(1)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        backup.on_epoch_begin(2)
    assert (tmp_path / "backup.before").exists()
    again, _ = made(tmp_path / "backup", model)
    assert again.epoch == 2
    again.on_epoch_begin(3)
    assert again.epoch == 3
    again.forget()
    assert list(tmp_path.iterdir()) == []
