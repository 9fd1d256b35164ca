"""Runs that are killed, interrupted or fail, and the same command after that."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.command_line import lamforge

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file
from tests.conftest import SMALL

from lamforge.errors import TrainingError, UsageError
from lamforge.train import Trained, load_recipe, objectives, train_sft
from lamforge.train.whole import last_checkpoint, mark_whole, step_of

OFTEN = "training.save_minutes=1e-6"  # a checkpoint after every step
# Two micro-batches a step and a last step of one, so that a resumed run has much to get wrong.
OVERRIDES = (OFTEN, "training.epochs=0.25", "training.batch_tokens=512", "training.accumulation=2")


def command(conversations: Path, out: Path) -> list[str]:
    words = ["train", "sft", "--data", conversations, "--out", out, "--recipe", SMALL, *OVERRIDES, "--json"]
    return [sys.executable, "-m", "lamforge", *map(str, words)]


def start(conversations: Path, out: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # as in this process, so that sums have the same order
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command(conversations, out), env=environment, **pipes)


def wait_for_a_checkpoint(child: subprocess.Popen[str], out: Path) -> None:
    deadline = time.monotonic() + 120
    while not list(out.glob("checkpoints/checkpoint-*/whole")):
        assert child.poll() is None and time.monotonic() < deadline, child.communicate()
        time.sleep(0.005)


def train(conversations: Path, out: Path, *overrides: str, progress: Any = None) -> Trained:
    return train_sft(load_recipe(str(SMALL), [*OVERRIDES, *overrides]), [conversations], out, progress=progress)


def after(steps: int, event: Callable[[], None]) -> Callable[[int, int, str], None]:
    """A progress callback that lets something happen at a step."""

    def progress(done: int, total: int, note: str) -> None:
        if done == steps:
            event()

    return progress


def difference(one: Path, two: Path) -> float:
    """The largest difference between the weights of two models."""
    first, second = (load_file(out / "model.safetensors") for out in (one, two))
    assert first.keys() == second.keys()
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def losses(out: Path) -> list[tuple[int, float]]:
    rows = map(json.loads, (out / "loss.jsonl").read_text().splitlines())
    return [(row["step"], row["loss"]) for row in rows]


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def uninterrupted(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return train(conversations, tmp_path_factory.mktemp("uninterrupted") / "model").out


@pytest.fixture(scope="module")
def interrupted(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has checkpoints of two steps."""
    out = tmp_path_factory.mktemp("interrupted") / "model"
    torch.set_num_threads(1)
    with pytest.raises(KeyboardInterrupt):
        train(conversations, out, progress=after(2, interrupt))
    return out


def test_a_killed_run_goes_on_to_the_same_weights(conversations: Path, uninterrupted: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    child = start(conversations, out)
    wait_for_a_checkpoint(child, out)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert not (out / "model.safetensors").exists()
    assert losses(out) == losses(uninterrupted)[: len(losses(out))] != []  # they can be looked at while it runs
    again = start(conversations, out)
    printed, errors = again.communicate(timeout=200)
    assert again.returncode == 0, errors
    assert json.loads(printed)["resumed_from"] > 0
    assert difference(out, uninterrupted) == 0.0
    assert losses(out) == losses(uninterrupted)


def test_ctrl_c_writes_a_checkpoint_and_the_same_command_goes_on(
    conversations: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    child = start(conversations, out)
    wait_for_a_checkpoint(child, out)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=100)
    assert child.returncode == 130, errors
    assert "interrupted" in errors and "Traceback" not in errors
    assert not (out / "model.safetensors").exists()
    whole = {path.parent.name for path in out.glob("checkpoints/checkpoint-*/whole")}
    done = losses(out)[-1][0]  # the step that was under way is finished and kept, and the one before it
    assert whole == {f"checkpoint-{step}" for step in (done, done - 1) if step}
    assert train(conversations, out).resumed_from == done
    assert difference(out, uninterrupted) == 0.0


def test_a_run_that_is_interrupted_twice_ends_as_if_it_was_not(conversations: Path, tmp_path: Path) -> None:
    override = "training.optimizer=muon"  # the state of two optimizers; the other tests have one
    whole = train(conversations, tmp_path / "whole", override)
    for steps in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(conversations, tmp_path / "model", override, progress=after(steps, interrupt))
    trained = train(conversations, tmp_path / "model", override)
    assert (trained.resumed_from, trained.steps) == (4, whole.steps)
    assert difference(trained.out, whole.out) == 0.0
    assert losses(trained.out) == losses(whole.out)


def test_a_checkpoint_without_its_marker_is_ignored(conversations: Path, uninterrupted: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        train(conversations, out, progress=after(2, interrupt))
    half = Path(shutil.copytree(out / "checkpoints" / "checkpoint-3", out / "checkpoints" / "checkpoint-5"))
    (half / "whole").unlink()
    (half / "model.safetensors").write_bytes(b"half")
    assert train(conversations, out).resumed_from == 3
    assert difference(out, uninterrupted) == 0.0


@pytest.mark.parametrize("file", ["optimizer.pt", "model.safetensors", "trainer_state.json", "whole"])
@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before_it(
    interrupted: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, content: bytes | None
) -> None:
    checkpoints = Path(shutil.copytree(interrupted / "checkpoints", tmp_path / "checkpoints"))
    assert [step_of(found) for found in sorted(checkpoints.iterdir())] == [2, 3]
    damaged = checkpoints / "checkpoint-3" / file
    size = damaged.stat().st_size
    damaged.write_bytes(bytes(size) if content is None else content)  # as long as before, but nothing in it
    found, record = last_checkpoint(checkpoints)
    assert found == checkpoints / "checkpoint-2" and record["log"][-1]["step"] == 2
    assert "checkpoint-3 is damaged and passed over" in caplog.text


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(
    interrupted: Path, conversations: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(interrupted, tmp_path / "model"))
    with (out / "checkpoints" / "checkpoint-3" / "optimizer.pt").open("r+b") as file:
        file.truncate(100)
    assert train(conversations, out).resumed_from == 2
    assert difference(out, uninterrupted) == 0.0


@pytest.mark.parametrize("file", ["optimizer.pt", "scheduler.pt", "model.safetensors", "trainer_state.json"])
def test_a_checkpoint_that_cannot_be_loaded_is_named(
    interrupted: Path, conversations: Path, tmp_path: Path, file: str
) -> None:
    out = Path(shutil.copytree(interrupted, tmp_path / "model"))
    checkpoint = out / "checkpoints" / "checkpoint-3"
    (checkpoint / file).write_bytes(b"")
    mark_whole(checkpoint, {"seconds": 0.0, "log": [], "evaluations": []})
    with pytest.raises(TrainingError, match="cannot be loaded") as caught:
        train(conversations, out)
    assert "checkpoint-3" in str(caught.value) and "Remove that folder" in str(caught.value)
    shutil.rmtree(checkpoint)
    assert last_checkpoint(out / "checkpoints")[0] == out / "checkpoints" / "checkpoint-2"


def test_a_folder_that_another_process_trains_into_is_refused(conversations: Path, tmp_path: Path) -> None:
    out, met = tmp_path / "model", []

    def again() -> None:
        for other in ("training.save_minutes=60", "training.seed=7"):  # the same run, and another one
            with pytest.raises(UsageError, match="another process is training into it"):
                train(conversations, out, other)
            met.append(other)

    train(conversations, out, "training.save_minutes=60", progress=after(1, again))
    assert len(met) == 2


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_checkpoint(
    conversations: Path, uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, calls = objectives.packed_loss, []

    def spoilt(model: Any, batch: Any) -> Any:
        calls.append(batch)
        return sound(model, batch) * (float("nan") if len(calls) > 6 else 1.0)

    monkeypatch.setattr(objectives, "packed_loss", spoilt)
    with pytest.raises(TrainingError, match=r"the loss is nan at step 4"):
        train(conversations, tmp_path / "model")
    monkeypatch.undo()
    assert train(conversations, tmp_path / "model").resumed_from == 3
    assert difference(tmp_path / "model", uninterrupted) == 0.0


def test_a_gradient_that_is_not_finite_never_reaches_a_checkpoint(
    conversations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, calls = objectives.packed_loss, []

    def spoilt(model: Any, batch: Any) -> Any:
        loss = sound(model, batch)
        calls.append(batch)
        if len(calls) > 6:
            loss.register_hook(lambda gradient: gradient * float("inf"))
        return loss

    monkeypatch.setattr(objectives, "packed_loss", spoilt)
    with pytest.raises(TrainingError, match=r"the gradient's norm is .* at step 4"):
        train(conversations, tmp_path / "model")
    (whole,) = tmp_path.glob("model/checkpoints/*/whole")
    assert whole.parent.name == "checkpoint-3"
    assert all(weight.isfinite().all() for weight in load_file(whole.with_name("model.safetensors")).values())


def test_a_learning_rate_far_too_high_is_an_error_with_its_exit_code(conversations: Path, tmp_path: Path) -> None:
    done = lamforge(*command(conversations, tmp_path / "model")[3:], "training.learning_rate=1e30")
    assert done.returncode == 10, done.stderr
    assert re.search(r"error: the (loss|gradient's norm) is (nan|inf) at step \d", done.stderr)
    assert "lower training.learning_rate" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)  # no file may become larger
from lamforge.cli import main
main()
"""


@pytest.mark.parametrize("often", [True, False], ids=["a checkpoint", "the model"])
def test_a_disk_that_takes_no_more_is_an_error_that_names_the_folder(
    often: bool, conversations: Path, tmp_path: Path
) -> None:
    words = command(conversations, tmp_path / "model")[3:]  # what follows `python -m lamforge`
    words += [] if often else ["training.save_minutes=1000"]
    limited = [sys.executable, "-c", LIMITED, "300000", *words]  # bytes: less than the weights take
    done = subprocess.run(limited, capture_output=True, text=True, timeout=200)
    assert done.returncode == 8, done.stderr[-3000:]
    assert "cannot be saved" in done.stderr and "Free some space" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("model/checkpoints/*/whole")) and not (tmp_path / "model/model.safetensors").exists()


def test_a_micro_batch_that_does_not_fit_says_what_makes_it_smaller(
    conversations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(model: Any, batch: Any) -> Any:
        raise torch.OutOfMemoryError("tried to allocate too much")

    monkeypatch.setattr(objectives, "packed_loss", exhausted)
    with pytest.raises(TrainingError, match=r"does not fit into memory\n.*training\.batch_tokens below 512"):
        train(conversations, tmp_path / "model")
