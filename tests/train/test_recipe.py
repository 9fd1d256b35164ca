"""Recipes: what a file and its overrides may say, and how a wrong one is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lamforge.errors import UsageError
from lamforge.train import Recipe, load_recipe


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def file(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


def test_the_bundled_recipe_is_found_by_name() -> None:
    assert load_recipe("scratch").name == "scratch"
    assert load_recipe("nano").model.base == "nano"


def test_an_empty_file_is_a_recipe_of_defaults(write: Callable[[str], Path]) -> None:
    assert load_recipe(str(write(""))) == Recipe()


def test_overrides_win_over_the_file_and_have_yaml_types(write: Callable[[str], Path]) -> None:
    path = write("name: mine\ntraining: {epochs: 3, learning_rate: 0.1}\n")
    recipe = load_recipe(str(path), ["training.epochs=0.5", "training.precision=bf16", "tokenizer.vocab_size=300"])
    assert (recipe.name, recipe.training.epochs, recipe.training.learning_rate) == ("mine", 0.5, 0.1)
    assert (recipe.training.precision, recipe.tokenizer.vocab_size) == ("bf16", 300)
    assert (
        load_recipe(str(path), ["training.max_minutes=", "training.epochs=1", "training.epochs=2"]).training.epochs == 2
    )


def test_what_is_written_beside_a_model_is_the_same_recipe(write: Callable[[str], Path]) -> None:
    recipe = load_recipe("nano", ["training.epochs=2", "model.base=some/folder"])
    assert load_recipe(str(write(yaml.safe_dump(recipe.model_dump(mode="json"))))) == recipe


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.speed=1"], "mine.yaml: there is no key training.speed"),
        (["speed=1"], "mine.yaml: there is no key speed"),
        (["training.epochs=many"], "mine.yaml: training.epochs: .*, got 'many'"),
        (["training.epochs=0"], "mine.yaml: training.epochs: .*, got 0"),
        (["training.seed=-1"], "mine.yaml: training.seed: .*, got -1"),
        (["training.precision=fp8"], "mine.yaml: training.precision: .*, got 'fp8'"),
        (["training=5"], "mine.yaml: training: .*, got 5"),
        (["model.num_attention_heads=3"], "mine.yaml: model: .*hidden_size"),
        (["model.num_key_value_heads=2"], "mine.yaml: model: .*initial_weights=copying"),
        (["epochs"], "'epochs' is no override"),
        (["=3"], "'=3' is no override"),
        (["name.first=x"], "name in 'name.first=x' is no section"),
    ],
)
def test_a_wrong_override_is_named_with_its_place(
    write: Callable[[str], Path], overrides: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_recipe(str(write("name: mine")), overrides)


@pytest.mark.parametrize("text", ["a: [1", "- name", "just words", "\x00"])
def test_a_file_that_is_no_mapping_is_named(write: Callable[[str], Path], text: str) -> None:
    with pytest.raises(UsageError, match=r"mine\.yaml: (cannot be read as YAML|must be a mapping)"):
        load_recipe(str(write(text)))


def test_an_unknown_key_in_the_file_is_named(write: Callable[[str], Path]) -> None:
    with pytest.raises(
        UsageError, match=r"mine\.yaml: there is no key model\.hidden\s+The nearest are model\.hidden_size"
    ):
        load_recipe(str(write("model: {hidden: 64}")))


@pytest.mark.parametrize("override", ["training.epochs=[1", "training.epochs={"])
def test_an_override_that_is_no_yaml_is_named(write: Callable[[str], Path], override: str) -> None:
    with pytest.raises(UsageError, match=r"training\.epochs"):
        load_recipe(str(write("name: mine")), [override])


def test_a_recipe_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"no recipe 'huge'\n.*nano"):
        load_recipe("huge")


@pytest.mark.parametrize(
    ("flags", "gpu", "wanted"),
    [("fpu amx_bf16 avx512_bf16", None, "bf16"), ("fpu avx512_bf16", None, "fp32"), ("fpu", "h100", "bf16")],
)
def test_auto_precision_is_what_is_faster_there(
    monkeypatch: pytest.MonkeyPatch, flags: str, gpu: str | None, wanted: str
) -> None:
    torch = pytest.importorskip("torch")
    from lamforge.train.devices import with_precision

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(Path, "read_text", lambda self, **options: f"flags : {flags}\n")
    auto = Recipe.model_validate({"training": {"precision": "auto"}})
    assert with_precision(auto, gpu).training.precision == wanted
    assert with_precision(Recipe(), gpu).training.precision == "fp32"
