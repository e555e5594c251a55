import gc
import weakref

from serving.server.freed_memory import return_freed_memory


class Loop:
    def __init__(self):
        self.me = self


def test_what_refers_to_itself_is_gone():
    gc.disable()
    try:
        loop = Loop()
        seen = weakref.ref(loop)
        del loop
        assert seen() is not None
        return_freed_memory()
        assert seen() is None
    finally:
        gc.enable()
