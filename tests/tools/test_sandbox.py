"""Strangers' code in a sandbox: whatever it tries, it is stopped and what happened is said."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import UsageError
from lamforge.tools.sandbox import GuestError, Sandbox, Setting, beside

HOSTILE = Path(__file__).with_name("hostile_functions.py")
TIMEOUT_S = 3.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")


def sandbox(file: Path = HOSTILE, **options: Any) -> Sandbox:
    settings = {"timeout_s": TIMEOUT_S, **options}
    return Sandbox(
        Setting("lamforge.tools.remote.module:FunctionFile", {"file": str(file)}, readable=beside(file), **settings)
    )


@pytest.fixture(scope="module")
def strict() -> Iterator[Sandbox]:
    guest = sandbox()
    try:
        guest.start()
    except UsageError as error:
        pytest.skip(str(error))
    yield guest
    guest.close()


def run(guest: Sandbox, function: str, **arguments: Any) -> Any:
    return guest.call("run", function=function, arguments=arguments)


def test_what_confines_a_guest_is_recorded(strict: Sandbox) -> None:
    assert strict.measures == {
        "limits": "rlimit",
        "network": "seccomp",
        "processes": "seccomp",
        "files": "landlock",
    }


def test_functions_are_described_and_executed(strict: Sandbox) -> None:
    described = strict.call("describe")
    assert "environment" in [tool["function"]["name"] for tool in described["tools"]]
    assert run(strict, "later", word="x") == "x"
    assert run(strict, "in_a_thread") == "done"


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [
        ("fork", {}, "PermissionError"),
        ("run_a_program", {}, "PermissionError"),
        ("eat_memory", {}, "MemoryError"),
        ("open_up", {"path": __file__}, "PermissionError"),
        ("read", {"path": "/etc/passwd"}, "PermissionError"),
        ("read", {"path": f"/proc/{os.getpid()}/environ"}, "PermissionError"),
        ("read", {"path": str(Path(__file__).parents[1] / "small.yaml")}, "PermissionError"),
        ("write", {"path": f"{__file__}.new"}, "PermissionError"),
        ("link", {"path": "/etc/passwd"}, "PermissionError"),
        ("kill_the_parent", {}, "PermissionError"),
        ("starve_the_parent", {}, "PermissionError"),
        ("exit_politely", {}, "SystemExit"),
        ("not_json", {}, "TypeError"),
        ("no_such_function", {}, "NoSuchFunctionError"),
    ],
)
def test_what_is_not_allowed_raises_and_the_guest_goes_on(
    strict: Sandbox, function: str, arguments: dict[str, Any], kind: str
) -> None:
    with pytest.raises(GuestError) as caught:
        run(strict, function, **arguments)
    assert caught.value.kind == kind
    assert caught.value.survived
    assert run(strict, "later", word="still here") == "still here"


@pytest.mark.parametrize(
    ("function", "kind", "said"),
    [
        ("loop", "Ended|Timeout", "processor time|did not end within"),
        ("sleep", "Timeout", "did not end within 3 s"),
        ("leave", "Ended", "exit code 3"),
        ("write_garbage_everywhere", "Ended", "something else than an answer"),
        ("flood", "Ended", "answered more than"),
    ],
)
def test_a_guest_that_does_not_answer_is_ended_and_the_next_one_answers(
    strict: Sandbox, function: str, kind: str, said: str
) -> None:
    started = time.monotonic()
    with pytest.raises(GuestError, match=said) as caught:
        run(strict, function)
    assert caught.value.kind in kind
    assert not caught.value.survived
    assert time.monotonic() - started < 60
    assert run(strict, "later", word="a new one") == "a new one"


def test_no_connection_is_made(strict: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(GuestError) as caught:
        run(strict, "connect", port=listener.getsockname()[1])
    assert caught.value.kind == "PermissionError"


def test_the_environment_holds_nothing_of_ours(strict: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMFORGE_TEST_SECRET", "hidden")
    strict.close()
    seen = run(strict, "environment")
    assert "LAMFORGE_TEST_SECRET" not in seen
    assert not {"HOME", "PATH"} & {name for name, value in os.environ.items() if seen.get(name) == value}


def test_its_own_folder_is_its_to_write_and_goes_with_it(strict: Sandbox) -> None:
    assert run(strict, "write", path="note.txt") == "here"
    folder = Path(run(strict, "environment")["HOME"])
    assert (folder / "note.txt").exists()
    strict.close()
    assert not folder.exists()


def test_what_it_prints_is_no_answer(strict: Sandbox) -> None:
    assert run(strict, "print_garbage") == "right"


def test_loading_the_file_anew_forgets_what_it_kept(strict: Sandbox) -> None:
    strict.call("load")
    assert [run(strict, "count"), run(strict, "count")] == [1, 2]
    strict.call("load")
    assert run(strict, "count") == 1


def test_code_that_fails_while_it_is_loaded_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("x = 1\nraise RuntimeError('no')\n")
    with pytest.raises(GuestError, match="no") as caught:
        sandbox(file, level="process").start()
    assert (caught.value.kind, caught.value.line) == ("RuntimeError", 2)


def test_modules_beside_the_file_can_be_imported_and_other_files_not_read(strict: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "prices.py").write_text("PRICE = 7\n")
    (tmp_path / "secret.txt").write_text("hidden")
    file = tmp_path / "shop.py"
    file.write_text(
        "from pathlib import Path\nimport prices\n\n\n"
        'def price() -> int:\n    """Say the price."""\n    return prices.PRICE\n\n\n'
        'def secret() -> str:\n    """Read."""\n    return Path(__file__).with_name("secret.txt").read_text()\n'
    )
    guest = sandbox(file)
    assert run(guest, "price") == 7
    with pytest.raises(GuestError) as caught:
        run(guest, "secret")
    assert caught.value.kind == "PermissionError"
    guest.close()


def test_a_level_that_cannot_be_had_is_refused_and_never_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = {"limits": "rlimit", "network": "none", "processes": "rlimit", "files": "none"}
    original = Sandbox._line

    def line(self: Sandbox, seconds: float) -> dict[str, Any]:
        answer = original(self, seconds)
        return {"measures": lowered} if "measures" in answer else answer

    monkeypatch.setattr(Sandbox, "_line", line)
    with pytest.raises(UsageError, match="confine a guest's network, files") as caught:
        sandbox().start()
    assert "--sandbox process" in str(caught.value)
    accepted = sandbox(level="process")
    assert accepted.measures == lowered
    accepted.close()
