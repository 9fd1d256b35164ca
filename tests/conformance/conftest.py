"""What the client libraries are tested with: a tool, a conversation in two turns, and servers to hold it with."""

# Annotations are not postponed here: LlamaIndex wants a tool's as they are.
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field
from tests.conformance.wire import Returned, Wire
from tests.serve.conftest import serving
from tests.tiny_gguf import write_tiny_gguf

QUESTION = "What is the weather in Oslo?"
WEATHER = "Snow, -3 degrees."
ANSWER = "It snows in Oslo."
REPORT = {"content": '{"sky": "snow", "degrees": -3}'}


def call(name: str = "get_weather", **arguments: Any) -> dict[str, Any]:
    """A recorded call; the weather in Oslo unless told."""
    return {"function": {"name": name, "arguments": arguments or {"city": "Oslo"}}}


CALL = {"tool_calls": [call()]}
TWO_TURNS = (CALL, {"content": ANSWER})
CARRIED_OUT = [Returned("get_weather", {"city": "Oslo"}, WEATHER)]


def get_weather(city: Literal["Oslo", "Paris"]) -> str:
    """Tells the weather in a city."""
    return WEATHER


class Report(BaseModel):
    """The weather as numbers and words."""

    sky: Literal["snow", "sun"]
    degrees: int = Field(ge=-50, le=50)


Replay = Callable[..., Wire]


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    """Starts a server that gives recorded messages in order: a call and an answer, unless told."""
    with ExitStack() as stack:

        def start(*messages: dict[str, Any]) -> Wire:
            path = tmp_path / "answers.jsonl"
            path.write_text("".join(json.dumps(message) + "\n" for message in messages or TWO_TURNS))
            server = stack.enter_context(serving(f"scripted:{path}"))
            return stack.enter_context(Wire(server.url).listening())

        yield start


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the real engine."""
    path = write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", context=8192)
    with serving(path, "--slots", 1, "--max-tokens", 200) as server:
        yield server.url


@pytest.fixture
def noise(engine: str) -> Iterator[Wire]:
    """The real engine with a model that writes noise: what is no noise in its answers is the grammar's work."""
    with Wire(engine).listening() as wire:
        yield wire
