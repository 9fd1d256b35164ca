"""Two processes on CPUs (gloo) take the steps that one takes, whole or in shards."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import psutil
from safetensors.torch import load_file
from tests.conftest import SMALL

from lamforge.train import load_recipe, train

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = ROOT / "recipes" / "accelerate"
# An odd number of micro-batches, so that one process has nothing left in the last step.
OVERRIDES = (
    "training.batching=packed",
    "training.batch_tokens=3000",
    "training.epochs=0.4",
    "training.save_minutes=1e-6",
    "training.learning_rate=0.005",  # what rounding differs by grows with it
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def fsdp_variables() -> dict[str, str]:
    """What `accelerate launch` makes of the configuration that is shipped."""
    settings = yaml.safe_load((CONFIGURATIONS / "fsdp2.yaml").read_text())
    assert settings["distributed_type"] == "FSDP"
    variables = {name.upper(): str(value).lower() for name, value in settings["fsdp_config"].items()}
    kept = ("FSDP_AUTO_WRAP_POLICY", "FSDP_STATE_DICT_TYPE")
    return {"ACCELERATE_USE_FSDP": "true"} | {
        name: value.upper() if name in kept else value for name, value in variables.items()
    }


def start(program: list[str], conversations: Path, out: Path, variables: dict[str, str]) -> subprocess.Popen[str]:
    words = ["train", "sft", "--recipe", SMALL, "--data", conversations, "--out", out, *OVERRIDES, "--json"]
    launcher = ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(free_port())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **variables}
    command = [sys.executable, "-m", *launcher, *program, *map(str, words)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def finished(child: subprocess.Popen[str]) -> dict[str, Any]:
    printed, errors = child.communicate(timeout=200)
    assert child.returncode == 0, errors[-3000:]
    return dict(json.loads(printed))  # the first process alone prints


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "loss.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def alone(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("alone") / "model"
    recipe = load_recipe(str(SMALL), [*OVERRIDES, "training.accumulation=2"])
    return train("sft", recipe, [conversations], out).out


PROGRAMS: dict[str, tuple[list[str], dict[str, str]]] = {
    "whole": (["-m", "lamforge"], {"ACCELERATE_USE_CPU": "true"}),
    "shards": ([str(Path(__file__).with_name("shard_on_cpu.py"))], fsdp_variables()),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_two_processes_that_were_killed_end_with_the_loss_and_the_weights_of_one_that_was_not(
    kind: str, alone: Path, conversations: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    program, variables = PROGRAMS[kind]
    child = start(program, conversations, out, variables)
    deadline = time.monotonic() + 120
    while not list(out.glob("checkpoints/checkpoint-*/whole")):
        assert child.poll() is None and time.monotonic() < deadline, child.communicate()
        time.sleep(0.01)
    for process in [*psutil.Process(child.pid).children(recursive=True), child]:  # each has a session of its own
        process.kill()
    child.communicate()
    result = finished(start(program, conversations, out, variables))
    assert result["processes"] == 2 and result["resumed_from"] > 0
    assert len(losses(out)) == len(losses(alone))
    assert losses(out) == pytest.approx(losses(alone), rel=1e-4)  # sums in another order, through eight steps
    one, two = (load_file(folder / "model.safetensors") for folder in (alone, out))
    assert one.keys() == two.keys()
    for name, weight in one.items():
        # Adam divides by gradients' sizes: where those are nearly nothing, rounding shows. The rate is 0.005 a step.
        assert (weight - two[name]).abs().max() < 1e-3, name


def test_processes_that_nobody_joins_are_refused(conversations: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "WORLD_SIZE": "2", "RANK": "0", "CUDA_VISIBLE_DEVICES": ""}
    words = ["train", "sft", "--recipe", SMALL, "--data", conversations, "--out", tmp_path / "model", *OVERRIDES]
    command = [sys.executable, "-m", "lamforge", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment)
    assert done.returncode == 10, done.stderr
    assert "2 processes were started, and accelerate joins 1" in done.stderr


@pytest.mark.parametrize("file", sorted(CONFIGURATIONS.glob("*.yaml")), ids=lambda file: file.stem)
def test_accelerate_knows_every_key_of_the_configurations(file: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    read = load_config_from_file(str(file))  # refuses keys that it does not know
    assert read.num_processes >= 8 and read.mixed_precision in ("no", None)
