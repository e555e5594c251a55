"""Where the token is looked for."""

import pytest

from pipeline.kubeflow.server.bearer_token import TOKEN_PATH_VARIABLE, TOKEN_VARIABLE, bearer_token
from pipeline.kubeflow.server.refused import KubeflowRefused


def test_order(tmp_path):
    given, mounted = tmp_path / "given", tmp_path / "mounted"
    given.write_text("abc\n")
    mounted.write_text("ghi")
    path = {TOKEN_PATH_VARIABLE: str(mounted)}
    assert bearer_token(given, {TOKEN_VARIABLE: "def", **path}) == "abc"
    assert bearer_token(None, {TOKEN_VARIABLE: "def", **path}) == "def"
    assert bearer_token(None, path) == "ghi"
    assert bearer_token(None, {}) is None
    assert bearer_token(None, {TOKEN_VARIABLE: "", TOKEN_PATH_VARIABLE: ""}) is None


@pytest.mark.parametrize("content", [b"", b" \n", b"two words", b"a\nb", b"\xff\xfe", "é".encode()])
def test_no_token(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(KubeflowRefused, match="token holds no token") as refused:
        bearer_token(file, {})
    assert str(refused.value).endswith(("/token holds no token: one word is wanted", "not text"))


def test_no_file(tmp_path):
    with pytest.raises(KubeflowRefused, match="cannot be read: No such file"):
        bearer_token(tmp_path / "absent", {})
    with pytest.raises(KubeflowRefused, match="cannot be read: No such file"):
        bearer_token(None, {TOKEN_PATH_VARIABLE: str(tmp_path / "absent")})
