import importlib.util
import sys

import pytest

from pipeline.code_digest import code_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a module in a package below it."""
    folder = tmp_path / "small_package"
    (folder / "below").mkdir(parents=True)
    for name in ("__init__.py", "one.py", "below/__init__.py", "below/two.py"):
        (folder / name).write_text(f"# {name}\n")
    spec = importlib.util.spec_from_file_location("small_package", folder / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "small_package", module)
    spec.loader.exec_module(module)
    return module, folder


def module_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    return importlib.util.module_from_spec(spec)


@pytest.mark.parametrize("name", ["__init__.py", "one.py", "below/two.py"])
def test_changes_with_any_module_of_a_package(package, name):
    module, folder = package
    before = code_digest(module)
    assert len(before) == 16
    assert code_digest(module) == before
    (folder / name).write_text("# changed\n")
    assert code_digest(module) != before


def test_does_not_change_with_other_files_of_the_package(package):
    module, folder = package
    before = code_digest(module)
    (folder / "README.md").write_text("text")
    assert code_digest(module) == before


def test_of_a_module_its_neighbours_do_not_count(package):
    _, folder = package
    module = module_of(folder / "one.py")
    before = code_digest(module)
    (folder / "below" / "two.py").write_text("# changed\n")
    (folder / "__init__.py").write_text("# changed\n")
    assert code_digest(module) == before
    (folder / "one.py").write_text("# changed\n")
    assert code_digest(module) != before


def test_every_module_counts(package):
    module, folder = package
    one = module_of(folder / "one.py")
    assert len({code_digest(module), code_digest(one), code_digest(module, one)}) == 3


def test_templates_count_by_file_or_folder(package):
    module, folder = package
    templates = folder / "templates"
    (templates / "below").mkdir(parents=True)
    page, row = templates / "page.html", templates / "below" / "row.md"
    page.write_text("<p>")
    row.write_text("| |")
    before = code_digest(module), code_digest(page), code_digest(templates)
    row.write_text("| a |")
    after = code_digest(module), code_digest(page), code_digest(templates)
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, True, False]
    with pytest.raises(FileNotFoundError):
        code_digest(folder / "gone.html")
