"""Model cards: what the hub reads, what people read, and nothing that no file says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.command_line import lamforge
from tests.data.talks import agent, talk, user

from lamforge.data import write_trajectories
from lamforge.errors import DataError
from lamforge.export import find_parity
from lamforge.export.card import Sources, unmet_duties, write_card
from lamforge.export.card_results import results_section
from lamforge.export.identity import Identity, read_identity
from lamforge.export.licences import front_matter, inherited
from lamforge.export.texts import without_paths
from lamforge.messages import file_sha256

BASES = {
    "Salesforce/xLAM-2-1b-fc-r": ("cc-by-nc-4.0", None, False),
    "Salesforce/xLAM-2-3b-fc-r": ("cc-by-nc-4.0", None, True),
    "Salesforce/xLAM-2-32b-fc-r": ("cc-by-nc-4.0", None, False),
    "Salesforce/Llama-xLAM-2-8b-fc-r": ("cc-by-nc-4.0", None, True),
    "Salesforce/Llama-xLAM-2-70b-fc-r": ("cc-by-nc-4.0", None, True),
    "Qwen/Qwen2.5-1.5B-Instruct": ("apache-2.0", None, False),
    "Qwen/Qwen2.5-3B-Instruct": ("other", "qwen-research", True),
    "Qwen/Qwen2.5-32B-Instruct": ("apache-2.0", None, False),
    "meta-llama/Llama-3.1-8B-Instruct": ("llama3.1", None, True),
}


@pytest.mark.parametrize("base", BASES)
def test_a_card_inherits_the_bases_licence_and_its_duties(base: str, tmp_path: Path) -> None:
    expected, name, notice = BASES[base]
    write_card(tmp_path, Identity("mine", base=base), "xlam-qwen/hf", Sources())
    head = front_matter(tmp_path / "README.md")
    assert (head["license"], head.get("license_name")) == (expected, name)
    assert (head["base_model"], head["base_model_relation"]) == (base, "finetune")
    assert (tmp_path / "NOTICE").exists() is notice
    text = (tmp_path / "README.md").read_text()
    licence = inherited(base)
    assert licence is not None and all(duty in text for duty in licence.duties)
    assert ("commercial" in text) is (expected != "apache-2.0" and "llama-3.1" not in base.lower())


def test_a_name_that_llamas_licence_does_not_allow_is_said() -> None:
    mine = Identity("mine", base="Salesforce/Llama-xLAM-2-8b-fc-r")
    assert unmet_duties(mine, "me/mine") == ["the base's licence wants a name that begins with Llama"]
    assert unmet_duties(mine, "me/Llama-mine") == [] == unmet_duties(Identity("mine"), "me/mine")


def test_a_base_that_is_not_known_is_not_given_a_licence(tmp_path: Path) -> None:
    write_card(tmp_path, Identity("mine", base="someone/else"), "xlam-qwen/hf", Sources())
    assert "is not known here" in (tmp_path / "README.md").read_text()
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# base\n")
    assert inherited(str(folder)) == ("mit", None, None, (), None, None)


def test_new_weights_have_the_licence_that_was_chosen_or_none(tmp_path: Path) -> None:
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources())
    assert "license" not in front_matter(tmp_path / "README.md")
    assert "No licence was chosen: set `license` in the recipe" in (tmp_path / "README.md").read_text()
    write_card(tmp_path, Identity("mine", license="mit"), "xlam-qwen/hf", Sources())
    assert front_matter(tmp_path / "README.md")["license"] == "mit"


def test_a_base_that_is_not_known_makes_no_licence_of_the_recipes(tmp_path: Path) -> None:
    write_card(tmp_path, Identity("mine", license="apache-2.0", base="someone/else"), "xlam-qwen/hf", Sources())
    assert front_matter(tmp_path / "README.md")["license"] == "unknown"


@pytest.mark.parametrize(
    ("first", "expected"),
    [("model: hf:Salesforce/Llama-xLAM-2-8b-fc-r", "cc-by-nc-4.0"), ("license: mit\nmodel: {hidden_size: 64}", "mit")],
)
def test_a_licence_is_handed_on_through_every_model_in_between(tmp_path: Path, first: str, expected: str) -> None:
    for name, recipe in (
        ("one", first),
        ("two", f"model: {tmp_path / 'one'}"),
        ("three", f"model: {tmp_path / 'two'}"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.yaml").write_text(f"name: {name}\n{recipe}\n")
    three = read_identity(tmp_path / "three")
    write_card(tmp_path / "three", three, "xlam-llama/hf", Sources())
    assert front_matter(tmp_path / "three" / "README.md")["license"] == expected
    assert bool(unmet_duties(three, "me/mine")) is (expected == "cc-by-nc-4.0") is (tmp_path / "three/NOTICE").exists()
    told = (tmp_path / "three" / "README.md").read_text()
    assert re.findall(r"inherited from `[^`]+`(\W)", told) == [":" if expected == "cc-by-nc-4.0" else "."]


def test_models_that_name_each_other_as_their_base_have_no_known_licence(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.yaml").write_text(f"model: {tmp_path / other}\n")
    assert inherited(str(tmp_path / "one")) is None


def test_a_folder_is_no_name_on_the_hub_even_if_it_is_gone(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("model: runs/gone\n")
    assert read_identity(tmp_path).hub_base is None
    (tmp_path / "recipe.yaml").write_text("model: hf:owner/name\n")
    assert read_identity(tmp_path).hub_base == "owner/name"


def test_data_may_be_a_folder(conversations: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(conversations, tmp_path / "data" / "trajectories.jsonl")
    write_card(tmp_path, Identity("mine"), "xlam-qwen/always", Sources([tmp_path / "data"]))
    digest = file_sha256(conversations)[:16]
    assert "- `data`: 40 conversations" in (text := (tmp_path / "README.md").read_text()) and digest in text


def test_whose_data_it_was_is_said_as_its_licence_asks(tmp_path: Path) -> None:
    owned, other = {"source": "sgd-lean", "licence": "CC-BY-SA-4.0"}, {"licence": "cc0-1.0"}
    made = [
        talk(user("Hello"), agent("Hi"), seed=i, provenance=each) for i, each in enumerate((owned, owned, other, {}))
    ]
    write_trajectories(tmp_path / "data.jsonl", made)
    (tmp_path / "loss.png").write_bytes(b"a curve")
    write_card(tmp_path, Identity("mine"), "xlam-qwen/always", Sources([tmp_path / "data.jsonl"]))
    text = (tmp_path / "README.md").read_text()
    assert "2 of them made of the Schema-Guided Dialogue dataset of Google Research (https://" in text
    assert "dialogue), CC-BY-SA-4.0\n  - 1 of them made of imported data, cc0-1.0" in text
    assert "](loss.png)" in text


def summary(**more: object) -> dict[str, object]:
    row = {"k": 1, "value": 0.5, "low": 0.4, "high": 0.6, "at_least": 0.5, "at_most": 0.5}
    floor = row | {"value": 0.1, "at_least": 0.1}
    known = {"suite": "domain library", "tasks": 20, "trials": 4, "complete": True, "made": {"model": "x"}}
    return known | {"reliability": [row], "baselines": {"do nothing": [floor]}} | more


def test_a_card_says_what_the_files_say(conversations: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "recipe.yaml").write_text("name: mine\ntraining:\n  epochs: 3\n")
    (folder / "result.json").write_text(json.dumps({"parameters": 7_000_000, "loss": 0.25}))
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    (tmp_path / "mix.yaml").write_text("a: 1\n")
    (tmp_path / "report.md").write_text("## Decontamination\n\nNothing of BFCL was found.\n")
    parity = {"file": "mine-Q8_0.gguf", "agreement": 0.99, "divergence": 0.001, "same_calls": 3, "calling": 3}
    (folder / "parity.json").write_text(json.dumps({"files": [parity]}))
    sources = Sources(
        [conversations],
        tmp_path / "mix.yaml",
        tmp_path / "report.md",
        [tmp_path / "summary.json"],
        folder / "parity.json",
        ["me/library-data"],
    )
    write_card(folder, Identity("mine"), "xlam-qwen/always", sources, "me/mine")
    text, head = (folder / "README.md").read_text(), front_matter(folder / "README.md")
    for said in (
        "trained from new weights",
        "hf:me/mine",
        "40 conversations, 40 of them verified; domains: library (40)",
        "7,000,000",
        "epochs: 3",
        "Nothing of BFCL was found.",
        "| domain library, 20 tasks x 4 trials | pass^1 | 50.0 % [40.0, 60.0] | 10.0 % |",
        "| `mine-Q8_0.gguf` | 99.0 % | 0.0010 | 3 of 3 |",
    ):
        assert said in text, said
    assert head["datasets"] == ["me/library-data"]
    (result,) = head["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "pass^1", "value": 0.5, "name": "pass^1"}]


def test_what_an_evaluation_wrote_is_told(tmp_path: Path) -> None:
    words = ["eval", "domain", "--domain", "airline", "--model", "scripted", "--limit", "2", "--trials", "1"]
    assert lamforge(*words, "--out", tmp_path).returncode == 0
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources(results=[tmp_path / "summary.json"]))
    text, head = (tmp_path / "README.md").read_text(), front_matter(tmp_path / "README.md")
    assert re.search(r"\| domain airline, 2 of \d+ tasks \(the first 2\) x 1 trials \| pass\^1 \| 0\.0 % \[0\.0,", text)
    assert "model-index" not in head, "a part of a suite is no result of the suite's"


def test_of_single_queries_exact_calls_and_how_many_tools_were_shown_are_told() -> None:
    rate = {"name": "exact call", "cases": 150, "estimate": {"k": 1, "value": 0.25, "low": 0.2, "high": 0.3}}
    told = results_section([summary(suite="calls mine", rates=[rate], made={"max_tools": 1})])
    assert "| calls mine, at most 1 tool shown, " in told
    assert "150 cases | exact call | 25.0 % [20.0, 30.0] |" in told
    assert "shown" not in results_section([summary()])


def test_the_hubs_own_client_reads_the_front_matter(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources(results=[tmp_path / "summary.json"]))
    data = hub.ModelCard.load(tmp_path / "README.md").data
    assert data.license is None and data.pipeline_tag == "text-generation"
    assert data.eval_results[0].metric_value == 0.5


def test_what_was_not_checked_or_measured_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "partial.json").write_text(
        json.dumps(
            summary(complete=False, reliability=[{"k": 1, "value": None, "low": None, "at_least": 0.2, "at_most": 0.9}])
        )
    )
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources(results=[tmp_path / "partial.json"]))
    text = (tmp_path / "README.md").read_text()
    assert "were not compared with benchmarks" in text
    assert "incomplete: between 20.0 % and 90.0 %" in text
    assert "model-index" not in front_matter(tmp_path / "README.md")
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources())
    assert "It was not evaluated" in (tmp_path / "README.md").read_text()


def test_the_tags_of_a_card_with_results_are_balanced(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources(results=[tmp_path]))
    tags = re.findall(r"</?(?:details|summary)>", (tmp_path / "README.md").read_text())
    assert tags == ["<details>", "<summary>", "</summary>", "</details>"]


def test_a_source_that_is_no_summary_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DataError, match="is no summary of an evaluation"):
        write_card(tmp_path, Identity("mine"), "xlam-qwen/hf", Sources(results=[tmp_path / "x.json"]))
    assert not (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("model: /home/me/runs/base", "model: base"),
        ("- path: ../data/mine.jsonl, weight: 2", "- path: mine.jsonl, weight: 2"),
        ('{"gguf": "C:\\\\models\\\\mine.gguf"}', '{"gguf": "mine.gguf"}'),
        ("trained from `./runs/gone`.", "trained from `gone`."),
        ("see (runs/mine/model/) and ~/x", "see (model/) and x"),
        ("at http://localhost:8000/v1 of hf:me/mine, xlam-qwen/always", None),
        ("[me/data](https://huggingface.co/datasets/me/data), 1/2 of 30 tokens/s", None),
    ],
)
def test_of_paths_on_this_machine_only_the_last_part_is_told(text: str, shown: str | None) -> None:
    assert without_paths(text) == (text if shown is None else shown)


def test_no_card_shows_a_path_wherever_it_comes_from(conversations: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "recipe.yaml").write_text(f"name: mine\nmodel: {tmp_path}/base\ndata: [{conversations}]\n")
    (folder / "result.json").write_text(json.dumps({"data": str(conversations), "loss": 0.25}))
    (tmp_path / "mix.yaml").write_text(f"sources: {{a: {{path: {conversations}}}}}\n")
    (tmp_path / "report.md").write_text(f"Nothing of {conversations} was found.\n")
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "summary.json").write_text(json.dumps(summary(made={"model": str(folder / "mine.gguf")})))
    results = [tmp_path / "eval"]
    sources = Sources([conversations], tmp_path / "mix.yaml", tmp_path / "report.md", results)
    text = write_card(folder, read_identity(folder), "xlam-qwen/always", sources).read_text()
    assert str(tmp_path) not in text and str(conversations.parent) not in text
    assert text.count(conversations.name) == 5 and '"mine.gguf"' in text and "`base`" in text


def test_the_report_on_gguf_files_is_found_where_they_lie(tmp_path: Path) -> None:
    model, other = tmp_path / "runs" / "model", tmp_path / "elsewhere"
    model.mkdir(parents=True)
    other.mkdir()
    assert find_parity(model) is None
    beside = model.parent / "parity.json"
    beside.write_text(json.dumps({"model": "another"}))
    assert find_parity(model) is None
    beside.write_text(json.dumps({"model": "model"}))
    assert find_parity(model) == beside.absolute()
    (model / "gguf").mkdir()
    (model / "gguf" / "parity.json").write_text("{}")
    assert find_parity(model) == model / "gguf" / "parity.json"
    with pytest.raises(DataError, match="no report on GGUF files"):
        find_parity(model, other)


def test_the_leaderboards_columns_come_with_the_summary_and_with_their_intervals() -> None:
    table = {"Overall": {"Rank": "1", "Overall Acc": "50.00%", "Live Acc": "N/A"}}
    found = summary(official=table, nothing=table, shortened={}, columns=["Overall Acc", "Live Acc"])
    assert "| Overall Acc | 50.00% [40.00, 60.00] | 50.00% |" in results_section(
        [found | {"intervals": {"Overall": {"Overall Acc": [0.4, 0.6]}}}]
    )
    assert "Rank" not in results_section([found])
    assert "| incomplete: 50.00% |" in results_section([found | {"complete": False}])
