from report.model_card.model_digest import model_digest as digest_of_the_card
from serving.rollback.files import LocalFiles, RemoteFiles
from serving.rollback.model_digest import model_digest


def test_it_is_what_the_model_card_states(mask_model, tmp_path, push):
    push(mask_model, tmp_path / "1")
    stated = digest_of_the_card(str(mask_model))
    assert model_digest(str(mask_model), LocalFiles()) == stated
    assert model_digest(str(mask_model), RemoteFiles()) == stated
    (tmp_path / "1" / "model_card.md").write_text("a card")
    assert model_digest(str(tmp_path / "1"), LocalFiles()) == stated
    weights = tmp_path / "1" / "variables" / "variables.data-00000-of-00001"
    weights.write_bytes(weights.read_bytes()[::-1])
    assert model_digest(str(tmp_path / "1"), LocalFiles()) != stated
