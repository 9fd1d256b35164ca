"""What is said of a model's files: true, in one line, with what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import pytest

from lamforge.engines.claims import read_claims
from lamforge.engines.diagnosis import Diagnosis, diagnose
from lamforge.errors import ModelError, UsageError
from lamforge.formats import get_format

TOKENS = ["a", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|eot_id|>"]
PLAIN = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"


def write_gguf(
    path: Path,
    template: str | None,
    *,
    names: str | None = None,
    architecture: str = "qwen2",
    tokens: list[str] | None = None,
    tool_template: str | None = None,
) -> Path:
    """A GGUF file without weights."""
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_context_length(256)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens or TOKENS)
    writer.add_eos_token_id(2)
    if template is not None:
        writer.add_chat_template(template)
    if tool_template is not None:
        writer.add_string("tokenizer.chat_template.tool_use", tool_template)
    if names is not None:
        writer.add_string("lamforge.format", names)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_folder(path: Path, **files: Any) -> Path:
    """A Hugging Face folder: JSON by the file's name without its ending; `jinja` is chat_template.jinja."""
    path.mkdir()
    for name, value in files.items():
        if name == "jinja":
            (path / "chat_template.jinja").write_text(value, encoding="utf-8")
        else:
            (path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return path


def template(name: str) -> str:
    return get_format(name).chat_template


def said(diagnosis: Diagnosis) -> tuple[bool, str]:
    verdict = str(diagnosis.verdict)
    assert "\n" not in verdict
    assert verdict.startswith("yes: " if diagnosis.verdict.works else "no: ")
    return diagnosis.verdict.works, verdict


@pytest.mark.parametrize("name", ["xlam-qwen/always", "hermes/qwen"])
def test_a_file_that_lamforge_wrote_works(tmp_path: Path, name: str) -> None:
    works, verdict = said(diagnose(write_gguf(tmp_path / "m.gguf", template(name), names=name)))
    assert works
    assert name in verdict


def test_a_file_of_another_variant_is_told_which_format_to_name(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", template("xlam-qwen/vllm"))
    works, verdict = said(diagnose(path))
    assert not works
    assert verdict.endswith(
        "prompts would be xlam-qwen/hf, but its own template is xlam-qwen/vllm; use --format xlam-qwen/vllm"
    )
    assert said(diagnose(path, "xlam-qwen/vllm"))[0]


def test_an_architecture_without_a_format_is_told_the_one_its_template_matches(tmp_path: Path) -> None:
    tokens = [*get_format("xlam-llama/hf").special_tokens]
    path = write_gguf(tmp_path / "m.gguf", template("xlam-llama/hf"), architecture="mistral3", tokens=tokens)
    works, verdict = said(diagnose(path))
    assert not works
    assert "use --format xlam-llama/hf" in verdict
    assert said(diagnose(path, "xlam-llama/hf"))[0]


def test_a_file_whose_template_was_exchanged_does_not_work(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", template("hermes/qwen"), names="xlam-qwen/always")
    works, verdict = said(diagnose(path))
    assert not works
    assert "prompts would be xlam-qwen/always, but its own template is hermes/qwen" in verdict


def test_a_template_without_tools_and_one_that_fails_are_named_as_such(tmp_path: Path) -> None:
    assert "shows the model no tools" in said(diagnose(write_gguf(tmp_path / "a.gguf", PLAIN)))[1]
    works, verdict = said(diagnose(write_gguf(tmp_path / "b.gguf", "{{ raise_exception('two\nlines') }}")))
    assert not works
    assert "cannot be rendered" in verdict
    assert "two\\nlines" in verdict


def test_an_unknown_template_is_compared_with_the_nearest(tmp_path: Path) -> None:
    changed = template("xlam-qwen/always").replace("tojson(indent=4)", "tojson(indent=3)")
    works, verdict = said(diagnose(write_gguf(tmp_path / "m.gguf", changed)))
    assert not works
    assert "no format known here; nearest is xlam-qwen/" in verdict
    assert "first different in 'tools" in verdict


def test_without_a_template_only_a_named_format_counts(tmp_path: Path) -> None:
    assert said(diagnose(write_gguf(tmp_path / "a.gguf", None, names="xlam-qwen/always")))[0]
    silent = write_gguf(tmp_path / "b.gguf", None)
    assert "name its format with --format" in said(diagnose(silent))[1]
    assert said(diagnose(silent, "xlam-qwen/hf"))[0]


def test_a_vocabulary_without_the_turn_tokens_does_not_work(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", template("xlam-qwen/hf"), tokens=["a", "b", "<|im_end|>", "c"])
    works, verdict = said(diagnose(path))
    assert not works
    assert "lacks <|endoftext|>, <|im_start|>" in verdict


def test_an_unknown_format_in_a_file_is_a_finding_and_on_the_command_line_an_error(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", template("xlam-qwen/hf"), names="xlam-qwen/next")
    works, verdict = said(diagnose(path))
    assert not works
    assert "unknown format 'xlam-qwen/next'; use --format xlam-qwen/hf" in verdict
    with pytest.raises(UsageError, match="unknown format"):
        diagnose(path, "xlam-qwen/next")


def test_a_gguf_tells_its_tokens_and_both_templates(tmp_path: Path) -> None:
    claims = read_claims(write_gguf(tmp_path / "m.gguf", PLAIN, tool_template=template("hermes/qwen")))
    assert claims.tokens == {"eos_token": "<|im_end|>"}
    assert claims.templates == {"default": PLAIN, "tool_use": template("hermes/qwen")}
    assert claims.vocabulary == frozenset(TOKENS)


def test_a_folder_works_with_the_format_its_template_matches(tmp_path: Path) -> None:
    settings = {"chat_template": template("xlam-llama/hf"), "bos_token": {"content": "<|begin_of_text|>"}}
    folder = write_folder(tmp_path / "m", config={"model_type": "llama"}, tokenizer_config=settings)
    diagnosis = diagnose(folder)
    assert said(diagnosis) == (True, "yes: prompts are xlam-llama/hf, the same bytes as its own template's")
    assert diagnosis.claims.architecture == "llama"
    assert diagnosis.claims.vocabulary is None


def test_a_folder_that_lamforge_trained_works(small_model: Path) -> None:
    diagnosis = diagnose(small_model)
    assert diagnosis.claims.format == "xlam-qwen/always"
    assert diagnosis.missing_tokens == ()
    assert diagnosis.claims.vocabulary
    assert said(diagnosis)[0]


def test_the_template_in_its_own_file_wins_over_the_one_in_the_configuration(tmp_path: Path) -> None:
    config = {"config": {"model_type": "qwen2"}, "tokenizer_config": {"chat_template": PLAIN}}
    folder = write_folder(tmp_path / "m", jinja=template("hermes/qwen"), **config)
    assert diagnose(folder).format == get_format("hermes/qwen")


def test_named_templates_of_a_folder_are_kept_apart(tmp_path: Path) -> None:
    listed = [{"name": "default", "template": PLAIN}, {"name": "tool_use", "template": template("hermes/qwen")}, 7]
    folder = write_folder(tmp_path / "m", config={}, tokenizer_config={"chat_template": listed})
    assert read_claims(folder).templates == {"default": PLAIN, "tool_use": template("hermes/qwen")}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "neither config.json nor"),
        ({"config": [1]}, "no JSON object"),
        ({"config": {"model_type": ["x"]}, "tokenizer_config": {"chat_template": 5, "bos_token": [1]}}, None),
        ({"config": {"x": 1}, "tokenizer": {"added_tokens": ["<s>", {"content": 3}, None], "model": 5}}, None),
        ({"config": {"x": 1}, "lamforge": {"format": {"a": 1}}}, None),
    ],
)
def test_a_folder_of_nonsense_is_an_error_or_a_finding_but_no_traceback(
    tmp_path: Path, files: dict[str, Any], message: str | None
) -> None:
    folder = write_folder(tmp_path / "m", **files)
    if message is None:
        assert not said(diagnose(folder))[0]
    else:
        with pytest.raises(ModelError, match=message):
            diagnose(folder)


def test_broken_json_and_other_files_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    (folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(ModelError, match="is no JSON"):
        diagnose(folder)
    with pytest.raises(ModelError, match="neither a GGUF file nor"):
        diagnose(tmp_path / "weights.bin")


def test_the_findings_are_plain_json(tmp_path: Path) -> None:
    found = diagnose(write_gguf(tmp_path / "m.gguf", template("xlam-qwen/vllm"))).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["remedy"] == "use --format xlam-qwen/vllm"
    rows = {row["format"]: row for row in found["compared"]}
    assert rows["xlam-qwen/vllm"]["first"] is None
    assert rows["xlam-qwen/hf"]["first"]["conversation"] == "no tools"
