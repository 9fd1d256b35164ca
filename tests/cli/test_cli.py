from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.command_line import lamforge
from tests.tiny_gguf import write_tiny_gguf

LIBRARY = Path(__file__).parents[1] / "library"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "run"
    assert (
        lamforge("generate", "multi", "--domain", LIBRARY, "--tasks", 20, "--test-tasks", 5, "--out", out).returncode
        == 0
    )
    return out


def test_help_lists_every_verb_and_imports_nothing_heavy() -> None:
    done = lamforge("--help")
    for verb in ("quickstart", "init", "doctor", "call", "chat", "generate", "train", "export", "eval"):
        assert verb in done.stdout
    heavy = "{'torch', 'transformers', 'xllamacpp', 'gguf', 'numpy', 'pydantic'}"
    probe = (
        "import sys, lamforge.cli; sys.argv = ['lamforge', '--help']\n"
        "try: lamforge.cli.main()\n"
        f"finally: sys.stderr.write(str(sorted({heavy} & set(sys.modules))))"
    )
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True).stderr == "[]"


@pytest.mark.parametrize(
    "words", [["generate"], ["train"], ["export"], ["eval"], ["nonsense"], ["call"], ["generate", "multi"]]
)
def test_a_verb_without_what_it_needs_says_so(words: list[str]) -> None:
    done = lamforge(*words)
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr + done.stdout
    assert "Usage" in done.stdout + done.stderr


def test_init_generate_and_doctor_work_in_a_row(tmp_path: Path) -> None:
    assert lamforge("init", tmp_path / "mine").returncode == 0
    done = lamforge(
        "generate", "multi", "--domain", tmp_path / "mine", "--tasks", 20, "--seed", 1, "--out", tmp_path / "run"
    )
    assert done.returncode == 0
    assert "lamforge train sft" in done.stdout
    looked = lamforge("doctor", "--domain", tmp_path / "mine", "--json")
    assert json.loads(looked.stdout)["rules"] >= 3


def test_json_stands_alone_on_stdout(run: Path, tmp_path: Path) -> None:
    done = lamforge("generate", "multi", "--domain", LIBRARY, "--tasks", 20, "--test-tasks", 5, "--out", run, "--json")
    assert json.loads(done.stdout)["train"] == 20


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["generate", "multi", "--domain", "nowhere", "--out", "{out}"], 3, "no domain folder"),
        (["train", "sft", "--data", "{out}/none.jsonl", "--out", "{out}/model"], 5, "cannot be read"),
        (
            ["train", "sft", "--data", "{run}/trajectories.jsonl", "--out", "{out}/m", "training.speed=1"],
            2,
            "training.speed",
        ),
        (
            ["train", "sft", "--data", "{run}/trajectories.jsonl", "--out", "{out}/m", "--recipe", "none"],
            2,
            "no recipe",
        ),
        (["export", "gguf", "{out}"], 6, "holds neither config.json"),
        (
            [
                "eval",
                "domain",
                "--domain",
                "{library}",
                "--model",
                "x.bin",
                "--tasks",
                "{run}/tasks-test.jsonl",
                "--out",
                "{out}",
            ],
            2,
            "names no model",
        ),
        (
            [
                "eval",
                "domain",
                "--domain",
                "{library}",
                "--model",
                "{out}/none.gguf",
                "--tasks",
                "{run}/tasks-test.jsonl",
                "--out",
                "{out}",
            ],
            6,
            "cannot be read",
        ),
        (["call", "hello", "--tools", "{out}/none.json", "--model", "scripted"], 5, "cannot be read"),
        (
            [
                "chat",
                "--domain",
                "{library}",
                "--model",
                "scripted",
                "--tasks",
                "{run}/tasks-test.jsonl",
                "--task",
                "99",
            ],
            5,
            "no task",
        ),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(
    run: Path, tmp_path: Path, words: list[str], code: int, message: str
) -> None:
    done = lamforge(*[word.format(out=tmp_path, run=run, library=LIBRARY) for word in words])
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("size", [0, 3, 20, 200, 5_000, 200_000])
def test_a_truncated_model_file_is_refused_before_it_is_opened(tiny: Path, tmp_path: Path, size: int) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(tiny.read_bytes()[:size])
    done = lamforge("chat", "--domain", LIBRARY, "--model", broken)
    assert done.returncode == 6
    assert "broken.gguf" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["generate", "init"])
def test_an_unwritable_place_is_named(tmp_path: Path, verb: str) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "inside"
    words = ["init", target] if verb == "init" else ["generate", "multi", "--domain", LIBRARY, "--out", target]
    done = lamforge(*words)
    assert done.returncode == 8
    assert str(target) in done.stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("told", "shell"), [(signal.SIGINT, ":"), (signal.SIGTERM, ":"), (signal.SIGTERM, "trap '' INT")]
)
def test_an_interruption_ends_with_one_message_and_the_same_command_goes_on(
    tmp_path: Path, told: signal.Signals, shell: str
) -> None:
    words = ["generate", "multi", "--domain", str(LIBRARY), "--tasks", "3000", "--out", str(tmp_path / "run")]
    command = ["sh", "-c", f'{shell}; exec "$@"', "sh", sys.executable, "-m", "lamforge", *words]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "run" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.stat().st_size > 50_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(told)
    _, printed = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "interrupted" in printed
    assert "Traceback" not in printed
    assert journal.stat().st_size > 50_000
    assert not (tmp_path / "run" / "trajectories.jsonl").exists()


def test_call_prints_the_forced_call(tiny: Path) -> None:
    done = lamforge(
        "call",
        "Extract Jason is 25 years old",
        "--tools",
        EXAMPLES / "user_detail.json",
        "--model",
        "scripted",
        "--json",
    )
    assert json.loads(done.stdout) == {
        "content": "I understand. Is there anything else I can help you with?",
        "tool_calls": [],
    }
    done = lamforge(
        "call",
        "x",
        "--tools",
        EXAMPLES / "user_detail.json",
        "--model",
        tiny,
        "--tool-choice",
        "UserDetail",
        "--max-tokens",
        5,
        "--json",
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["content"].startswith('[{"na')  # cut off after five tokens of untrained weights


def test_call_prints_a_recorded_call(tmp_path: Path) -> None:
    answer = {"tool_calls": [{"function": {"name": "UserDetail", "arguments": '{"name": "Jason", "age": 25}'}}]}
    (tmp_path / "answers.jsonl").write_text(json.dumps(answer) + "\n")
    done = lamforge(
        "call",
        "-",
        "--tools",
        EXAMPLES / "user_detail.json",
        "--model",
        f"scripted:{tmp_path / 'answers.jsonl'}",
        "--json",
        stdin="Extract Jason",
    )
    assert json.loads(done.stdout)["tool_calls"] == [{"name": "UserDetail", "arguments": {"name": "Jason", "age": 25}}]


def test_eval_scores_a_real_model_and_resumes(tiny: Path, run: Path, tmp_path: Path) -> None:
    words = ["eval", "domain", "--domain", LIBRARY, "--model", tiny, "--tasks", run / "tasks-test.jsonl", "--limit", 2]
    words += ["--trials", 2, "--max-tokens", 8, "--out", tmp_path / "eval", "--json"]
    first = lamforge(*words)
    assert first.returncode == 0, first.stderr
    summary = json.loads(first.stdout)
    assert summary["complete"] is True
    assert summary["episodes"] == 4
    assert summary["made"]["model_sha256"]
    assert (tmp_path / "eval" / "report.html").stat().st_size > 1000
    assert json.loads(lamforge(*words).stdout)["reliability"] == summary["reliability"]


def test_chat_shows_what_the_scripted_user_and_the_model_say(run: Path) -> None:
    done = lamforge("chat", "--domain", LIBRARY, "--model", "scripted", "--tasks", run / "tasks-test.jsonl")
    assert done.returncode == 0
    assert "user>" in done.stdout
    assert "agent> I understand." in done.stdout
    assert "solved" in done.stdout


def test_chat_with_a_person_ends_with_an_empty_line() -> None:
    done = lamforge("chat", "--domain", LIBRARY, "--model", "scripted", stdin="hello\n\n")
    assert done.returncode == 0
    assert done.stdout.count("agent>") == 1


def test_a_chat_shows_silence_and_ends_without_a_word_of_asyncio(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"content": "Yes."}\n{"content": ""}\n')
    done = lamforge("chat", "--domain", LIBRARY, "--model", f"scripted:{answers}", stdin="hello\nand?\n\n")
    assert "agent> (the model said nothing)" in done.stdout
    assert "Task was destroyed" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m lamforge doctor --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("0\n")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_ctrl_c_at_the_prompt_ends_the_chat() -> None:
    import pty

    parent, terminal = pty.openpty()
    command = [sys.executable, "-m", "lamforge", "chat", "--domain", str(LIBRARY), "--model", "scripted"]
    child = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    printed = b""
    while b"you>" not in printed:
        printed += os.read(parent, 1024)
    for _ in range(20):  # a signal between the prompt and the waiting is seen with the next one
        child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=1)
            break
    assert child.returncode == 130
    os.set_blocking(parent, False)
    printed += os.read(parent, 65536)
    assert b"Traceback" not in printed
    assert b"goes on" not in printed  # a chat is not resumed


def test_names_in_brackets_are_shown_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]mine[red]"
    done = lamforge("init", folder)
    assert done.returncode == 0, done.stderr
    assert f"--domain {folder}" in done.stdout.replace("\n", "")
    looked = lamforge("doctor", "--domain", folder)
    assert "[bold]mine[red]:" in looked.stdout


def test_doctor_says_in_one_line_whether_calling_tools_will_work(tiny: Path) -> None:
    done = lamforge("doctor", tiny)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == (
        "tool calling: yes: prompts are xlam-qwen/always, the same bytes as its own template's"
    )
    done = lamforge("doctor", tiny, "--format", "xlam-qwen/vllm")
    assert done.returncode == 6
    assert done.stdout.splitlines()[-1].endswith(
        "but its own template is xlam-qwen/always; use --format xlam-qwen/always"
    )
    assert "its template writes" in done.stdout


def test_doctor_prints_its_findings_as_json_and_asks_if_told_to(tiny: Path) -> None:
    done = lamforge("doctor", tiny, "--ask", "--json")
    found = json.loads(done.stdout)
    assert found["model"]["works"] is True
    assert found["model"]["format"] == "xlam-qwen/always"
    assert found["answers"].startswith("32 tokens (length)")
    done = lamforge("doctor", tiny, "--format", "hermes/qwen", "--json")
    assert done.returncode == 6
    assert json.loads(done.stdout)["model"]["remedy"] == "use --format xlam-qwen/always"


def test_doctor_asks_what_has_no_files(tiny: Path) -> None:
    assert "I understand" in lamforge("doctor", "scripted").stdout
    refused = lamforge("doctor", "scripted", "--format", "hermes/qwen")
    assert refused.returncode == 2
    assert "no format" in refused.stderr


def test_doctor_shows_a_strangers_words_without_obeying_them(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "\x1b[31mred"}))
    (tmp_path / "chat_template.jinja").write_text("{{ raise_exception('\x1b[2J\n[bold]') }}")
    done = lamforge("doctor", tmp_path)
    assert done.returncode == 6
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith("tool calling: no: its own template cannot be rendered")
    assert "[bold]" in done.stdout.splitlines()[-1]
