import io

from pipeline.dropping_stream import DroppingStream


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


def test_printing_to_a_full_disk_does_not_raise():
    stream = DroppingStream(Full())
    print("lost", file=stream, flush=True)
    assert stream.write("lost") == 4
    stream.flush()
    assert not stream.closed


def test_else_everything_arrives():
    file = io.StringIO()
    print("out", file=DroppingStream(file), flush=True)
    assert file.getvalue() == "out\n"
