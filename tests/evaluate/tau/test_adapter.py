"""The adapter against a small package with the names of tau2-bench's own modules, which answers as they do."""

import asyncio
import gc

import pytest
from tests.evaluate.tau.conftest import write_tau2

from lamforge.errors import DataError, EngineError, UsageError
from lamforge.evaluate import Options
from lamforge.evaluate.tau.adapter.domain import open_tau2
from lamforge.evaluate.tau.adapter.process import Tau2Process
from lamforge.evaluate.tau.adapter.suite import OfficialSuite
from lamforge.evaluate.tau.play import play
from lamforge.evaluate.tau.players import Users
from lamforge.evaluate.tau.suite import evaluate_tau
from lamforge.evaluate.tau.users import ReplayUser
from lamforge.messages import Function, Message, ToolCall, Usage

MESSAGE = """
from pydantic import BaseModel
class ToolCall(BaseModel):
    id: str = ""
    name: str
    arguments: dict
    requestor: str = "assistant"
class ToolMessage(BaseModel):
    id: str
    content: str
    error: bool = False
"""
SIMULATION = """
from pydantic import BaseModel
class SimulationRun(BaseModel):
    id: str
    task_id: str
    termination_reason: str
    messages: list
"""
EVALUATOR = """
from types import SimpleNamespace
from enum import Enum
class EvaluationType(Enum):
    ALL = "all"
class Info(SimpleNamespace):
    def model_dump(self, mode):
        return vars(self)
def evaluate_simulation(simulation, task, evaluation_type, solo_mode, domain):
    said = any("lamp is on" in (m.get("content") or "") for m in simulation.messages if m["role"] == "assistant")
    right = said and simulation.termination_reason == "user_stop"
    parts = {"DB": 1.0, "COMMUNICATE": float(said)}
    return Info(reward=float(right), reward_breakdown=parts, db_check={"db_reward": 1.0})
"""
REGISTRY = """
import sys
import time
from types import SimpleNamespace
from pydantic import BaseModel
from tau2.data_model.message import ToolMessage
print("loading the registry")
class Scenario(BaseModel):
    text: str
    def __str__(self):
        return self.text
class Task(BaseModel):
    id: str
    user_scenario: Scenario
    initial_state: None = None
    evaluation_criteria: dict
class Environment:
    def __init__(self):
        self.on = False
        self.user_tools = None
        self.tools = SimpleNamespace(tool_type=lambda name: SimpleNamespace(value="write"))
    def get_policy(self):
        return "Switch lamps."
    def get_tools(self):
        function = {"name": "switch", "description": "", "parameters": {"type": "object"}}
        return [SimpleNamespace(name="switch", openai_schema={"type": "function", "function": function})]
    def get_response(self, call):
        if call.name == "crash":
            sys.exit(3)
        if call.name == "hang":
            time.sleep(600)
        self.on = bool(call.arguments.get("on"))
        return ToolMessage(id=call.id, content="Error: no" if "on" not in call.arguments else "done", error=False)
    def get_db_hash(self):
        return str(self.on)
class Registry:
    def get_env_constructor(self, name):
        if name == "moon":
            raise KeyError(name)
        return Environment
    def get_tasks_loader(self, name):
        criteria = {"actions": [{"name": "switch", "arguments": {"on": True}}], "communicate_info": ["lamp is on"]}
        def load(task_split_name=None):
            return [Task(id="a", user_scenario=Scenario(text="You sit in the dark."), evaluation_criteria=criteria)]
        return load
registry = Registry()
"""


@pytest.fixture
def process(tmp_path):
    write_tau2(tmp_path)
    code = tmp_path / "src" / "tau2"
    for name, text in {
        "data_model/message": MESSAGE,
        "data_model/simulation": SIMULATION,
        "evaluator/evaluator": EVALUATOR,
        "registry": REGISTRY,
    }.items():
        path = code / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    opened = Tau2Process(tmp_path)
    yield opened
    opened.close()


class Switcher:
    name = "switcher"

    def __init__(self, words):
        self.words = words

    async def respond(self, messages, tools):
        if messages[-1].role == "tool":
            return Message(role="assistant", content=self.words), Usage()
        call = ToolCall(function=Function(name="switch", arguments={"on": True}))
        return Message(role="assistant", tool_calls=[call]), Usage()


def test_the_official_code_answers_calls_and_judges(process):
    data, domain = open_tau2(process, "lamps", None)
    assert data.agent_prompt.endswith("<policy>\nSwitch lamps.\n</policy>")
    assert data.user_prompt(data.tasks[0].instruction).endswith("<scenario>\nYou sit in the dark.\n</scenario>")
    assert [tool["function"]["name"] for tool in domain.tools] == ["switch"]
    for words, reward in (("The lamp is on.", 1), ("Bye.", 0)):
        user = ReplayUser(["Light!", "###STOP###"])
        trajectory = asyncio.run(play(Switcher(words), user, domain, data.tasks[0], seed=0))
        assert (trajectory.reward, trajectory.verdict.state) == (reward, True)
        assert [m.content for m in trajectory.messages if m.role == "tool"] == ["done"]


def test_states_are_compared_by_the_official_hash_and_kept_apart(process):
    data, domain = open_tau2(process, "lamps", "test")
    one, other = domain.environment(), domain.environment()
    assert one.execute("switch", {"on": True}).ok
    assert one.state_hash() != other.state_hash()
    assert one.state_hash() == domain.expected_hash(data.tasks[0])
    assert other.execute("switch", {}).error == "no"


def test_code_that_fails_is_an_error_of_the_infrastructure(process):
    with pytest.raises(EngineError, match="KeyError"):
        open_tau2(process, "moon", None)


def test_after_it_has_ended_or_hung_it_is_started_again(process):
    data, domain = open_tau2(process, "lamps", None)
    for what, error in (("crash", "has ended"), ("hang", "has not answered within 1 s")):
        environment = domain.environment()
        assert environment.execute("switch", {"on": True}).ok
        process._patience = 1.0
        with pytest.raises(EngineError, match=error):
            process.ask("call", session=environment._session, name=what, arguments={})
        process._patience = None
        with pytest.raises(EngineError, match="failed: KeyError"):  # its state is lost with the process
            environment.execute("switch", {"on": True})
        assert domain.environment().execute("switch", {"on": True}).ok
        assert domain.environment_of(data.tasks[0]).state_hash() == "False"


def test_a_process_that_never_answers_is_not_started_for_ever(tmp_path):
    write_tau2(tmp_path)
    process = Tau2Process(tmp_path)  # it lacks the registry's module, which is an answer
    with pytest.raises(EngineError, match="ModuleNotFoundError"):
        process.ask("open", domain="lamps", split=None)
    (tmp_path / "src" / "tau2" / "registry.py").write_text("import os\nos._exit(1)\n")
    for message in (
        *["has ended"] * 4,
        "has ended 3 times without an answer",
    ):  # the first is of the one that was there
        with pytest.raises(EngineError, match=message):
            process.ask("open", domain="lamps", split=None)


def test_environments_that_nobody_uses_are_forgotten(process):
    _, domain = open_tau2(process, "lamps", None)
    for _ in range(3):
        environment = domain.environment()
        assert environment.execute("switch", {"on": True}).ok
        environment.close()
        environment.close()
    del environment
    last = domain.environment()
    assert last.state_hash() == "False"
    with process._lock:  # a collection that comes while something is asked must not wait for it
        kept = domain.environment()
        kept._session = 77
        del kept
        gc.collect()
    assert last.state_hash() == "False"
    for session in range(3):
        with pytest.raises(EngineError, match=f"KeyError: {session}"):
            process.ask("hash", session=session)


def test_what_was_played_is_told_though_the_official_code_fails_afterwards(process, tmp_path):
    data, domain = open_tau2(process, "lamps", None)
    users = Users({"kind": "replay"}, lambda task, trial, seed: ReplayUser(["Light!", "###STOP###"]))
    suite = OfficialSuite(domain, data.tasks, users, seed=0)

    async def broken(task_id, trial):
        raise EngineError("the official code failed")

    suite.idle_player = lambda make_agent: broken
    options = Options("switcher", tmp_path / "run", {}, 2)
    summary = asyncio.run(evaluate_tau(suite, data, users, lambda seed: Switcher("Bye."), options))
    assert (summary.complete, summary.passed, summary.episodes) == (True, 0, 2)
    assert summary.error_kinds["output_missing"] == 2
    assert summary.baselines == {}
    assert any("the baseline 'do nothing' could not be played: the official code" in row[1] for row in summary.rows())
    process.close()
    again = asyncio.run(evaluate_tau(suite, data, users, lambda seed: Switcher("Bye."), options))
    assert process._process is None  # nothing is asked of it for what was judged
    assert again.error_kinds == summary.error_kinds
    assert "Light!" in (tmp_path / "run" / "report.html").read_text()


def test_users_with_tools_of_their_own_are_refused(process, tmp_path):
    path = tmp_path / "src" / "tau2" / "registry.py"
    path.write_text(path.read_text().replace("self.user_tools = None", "self.user_tools = object()"))
    with pytest.raises(UsageError, match="tools of their own"):
        open_tau2(process, "phones", None)


def test_a_folder_that_is_no_checkout_is_refused(tmp_path):
    with pytest.raises(DataError, match="no checkout"):
        Tau2Process(tmp_path)
