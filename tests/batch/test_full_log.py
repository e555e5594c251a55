import io
import sys

from batch.full_log import log_may_be_full


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


def test_printing_to_a_full_disk_does_not_raise(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Full())
    before = sys.stdout, sys.stderr
    with log_may_be_full():
        print("lost", flush=True)
        assert sys.stderr.write("lost") == 4
        sys.stderr.flush()
        assert not sys.stdout.closed
    assert (sys.stdout, sys.stderr) == before


def test_else_everything_arrives(capsys):
    with log_may_be_full():
        print("out")
        print("err", file=sys.stderr)
    assert capsys.readouterr() == ("out\n", "err\n")
