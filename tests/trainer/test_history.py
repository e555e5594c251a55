import csv

from trainer.history import History


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_epoch_is_a_row_as_soon_as_it_ends(tmp_path):
    path = tmp_path / "history.csv"
    history = History(str(path), 0)
    for epoch in range(3):
        history.on_epoch_end(epoch, {"loss": epoch / 4, "val_dice": 0.5})
        assert len(rows_of(path)) == epoch + 1
    assert rows_of(path)[2] == {"epoch": "2", "loss": "0.5", "val_dice": "0.5"}


def test_a_restart_drops_the_rows_after_its_backup(tmp_path):
    path = tmp_path / "history.csv"
    killed = History(str(path), 0)
    for epoch in range(4):
        killed.on_epoch_end(epoch, {"loss": 1.0 + epoch})
    resumed = History(str(path), 2)
    resumed.on_epoch_end(2, {"loss": 9.0})
    assert [row["loss"] for row in rows_of(path)] == ["1.0", "2.0", "9.0"]


def test_a_fit_from_the_start_keeps_nothing_of_an_earlier_one(tmp_path):
    path = tmp_path / "history.csv"
    History(str(path), 0).on_epoch_end(0, {"loss": 1.0})
    History(str(path), 0).on_epoch_end(0, {"loss": 2.0})
    assert [row["loss"] for row in rows_of(path)] == ["2.0"]
