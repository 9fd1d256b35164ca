"""The official checkers, run on given answers: `python official.py verdicts RELEASE IN OUT`, a process of its own.

It imports the release's code, which evaluates what a model wrote; so it confines itself first, and its working folder,
where IN and OUT are, is all that it can write to. A line of IN defines a task or holds an answer to one; each line of
OUT is [valid, error type], in the same order. Of the packages that the release wants only mpmath is needed: what the
checkers do not use is replaced by empty modules.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import zipfile
from collections import defaultdict
from contextlib import nullcontext, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from lamforge.tools.sandbox.confinement import confine

_MEMORY = 8 << 30  # bytes; what a model wrote is run here, and can ask for any
_PATIENCE = 60  # seconds for one answer; the slowest honest one takes a hundredth


def confined(release: str) -> None:
    """Bounds this process and keeps it from files, the network and other processes, where the system can."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _too_long)
    with suppress(ValueError, OSError):  # where the kernel knows a limit and does not let it be set
        confine([Path(release)], _MEMORY)


def _too_long(*_: object) -> None:
    raise TimeoutError("this answer takes too long")


def alarm(seconds: int) -> None:
    """Ends what takes longer with an error; 0 takes it back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds, 1 if seconds else 0)  # again, for what the official code swallows


def main(what: str, release: str, source: str, target: str) -> None:
    """Judges all answers of a file, writes the prompts of tasks, or makes the tables of counts."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BFCL_PROJECT_ROOT"] = folder  # importing the package makes folders
        if what == "scores" and os.path.isfile(release):  # noqa: PTH113  it counts tasks in files
            zipfile.ZipFile(release).extractall(folder)
            release = folder
        sys.path.insert(0, release)
        official = Official()
        with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:  # noqa: PTH123
            if what == "scores":
                json.dump(official.tables(json.load(lines), Path(folder)), out)
                return
            entries: dict[str, Any] = {}
            for line in lines:
                row = json.loads(line)
                if what == "prompts":
                    out.write(json.dumps(official.prompt(row)) + "\n")
                elif "define" in row:
                    entries[row["define"]] = row
                else:
                    out.write(json.dumps(official.verdict(entries[row["id"]], row["answer"], row["kind"])) + "\n")


class Official:
    """The checkers with the little around them that the official runner does."""

    def __init__(self) -> None:
        _stub("filelock", FileLock=nullcontext)
        _stub("overrides", override=lambda method: method, final=lambda method: method, EnforceOverrides=object)
        _stub("dotenv", load_dotenv=lambda *_: None)
        self._underscores = False
        self._mapping: dict[str, Any] = defaultdict(self._model)
        _stub("bfcl_eval.constants.model_config", MODEL_CONFIG_MAPPING=self._mapping)
        handlers = "bfcl_eval.model_handler.local_inference"
        _stub(f"{handlers}.base_oss_handler", OSSHandler=object)
        names = ("retry", "retry_if_exception_message", "retry_if_exception_type", "wait_random_exponential")
        _stub("tenacity", **dict.fromkeys(names))
        parsers = "bfcl_eval.model_handler.parser"
        _stub(f"{parsers}.java_parser", parse_java_function_call=None)
        _stub(f"{parsers}.js_parser", parse_javascript_function_call=None)
        from bfcl_eval import utils
        from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker
        from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker, multi_turn_utils
        from bfcl_eval.model_handler.local_inference.salesforce_qwen import SalesforceQwenHandler

        self._utils, self._ast, self._turns, self._running = utils, ast_checker, multi_turn_checker, multi_turn_utils
        self._handler = SalesforceQwenHandler.__new__(SalesforceQwenHandler)
        try:
            from bfcl_eval.constants.enums import Language

            self._languages: dict[str, Any] = {each.value: each for each in Language}
            self._more: tuple[Any, ...] = (None, False)
        except ModuleNotFoundError:
            self._languages = {"python": "Python", "java": "Java", "javascript": "JavaScript"}
            self._more = ()

    def _model(self) -> Any:
        named = dict.fromkeys(("display_name", "url", "org", "license"), "-")
        return SimpleNamespace(underscore_to_dot=self._underscores, input_price=None, output_price=None, **named)

    def verdict(self, entry: dict[str, Any], answer: Any, kind: str) -> list[Any]:
        """[valid, error type]; the type is "raises" where the official code stops with an error."""
        self._underscores = kind == "calls"
        self._mapping.clear()
        alarm(_PATIENCE)
        try:
            found = self._verdict(entry, answer, kind)
        except Exception:
            return [False, "raises"]
        finally:
            alarm(0)
        return [found["valid"], "" if found["valid"] else found.get("error_type", "")]

    def prompt(self, entry: dict[str, Any]) -> str:
        """The text that xLAM's handler asks a model to continue at the begin of a task."""
        if self._more:
            documents = self._utils._func_doc_language_specific_pre_processing(entry["functions"], entry["category"])
        else:
            given = {"id": f"{entry['category']}_0", "function": entry["functions"]}
            documents = self._handler._pre_query_processing_prompting(given)["function"]
        return self._handler._format_prompt(entry["question"][0], documents)

    def tables(self, counts: dict[str, list[int]], folder: Path) -> dict[str, dict[str, str]]:
        """The leaderboard's tables for (right, all) of each category, without the columns that are not scores."""
        for name in ("numpy", "pandas", "tqdm"):
            _stub(name, tqdm=iter)
        from bfcl_eval.eval_checker import eval_runner_helper

        scores = {name: {"accuracy": right / total, "total_count": total} for name, (right, total) in counts.items()}
        eval_runner_helper.generate_leaderboard_csv({"lamforge": scores}, folder)
        found = {}
        for file in sorted(folder.glob("data_*.csv")):
            header, row = file.read_text(encoding="utf-8").splitlines()[:2]
            found[file.stem.removeprefix("data_")] = dict(zip(header.split(","), row.split(","), strict=False))
        return found

    def _verdict(self, entry: dict[str, Any], answer: Any, kind: str) -> dict[str, Any]:
        category = entry["category"]
        if category.startswith("multi_turn"):
            return self._conversation(entry, answer, kind)
        try:
            calls = self._decoded(answer, kind)
        except Exception:
            calls = None
        if category.endswith("relevance"):
            called = calls is not None and not self._utils.is_empty_output(calls)
            wanted = "irrelevance" not in category
            name = "relevance_error:decoder_failed" if wanted else "irrelevance_error:decoder_success"
            return {"valid": called == wanted, "error_type": name}
        if calls is None:
            return {"valid": False, "error_type": "ast_decoder:decoder_failed"}
        if not self._utils.is_function_calling_format_output(calls):
            return {"valid": False, "error_type": "ast_decoder:decoder_wrong_output_format"}
        language = self._languages[entry["language"]]
        return self._ast(entry["functions"], calls, entry["expected"], language, category, "lamforge")

    def _decoded(self, answer: Any, kind: str) -> Any:
        if kind == "text":
            return self._handler.decode_ast(answer, *(self._more or ("Python",)))
        decoded = []  # as the handler of OpenAI's API does
        for call in answer:
            name = list(call.keys())[0]  # noqa: RUF015  (an IndexError for no name)
            decoded.append({name: json.loads(call[name])})
        return decoded

    def _steps(self, answer: Any, kind: str) -> list[str]:
        if kind == "text":
            return self._handler.decode_execute(answer, *self._more[1:])
        made = []  # as its convert_to_function_call does
        for call in [answer] if type(answer) is dict else answer:
            for name, value in call.items():
                arguments = json.loads(value) if type(value) is str else value
                made.append(f"{name}({','.join([f'{k}={v!r}' for k, v in arguments.items()])})")
        return made

    def _conversation(self, entry: dict[str, Any], answer: Any, kind: str) -> dict[str, Any]:
        if type(answer) is not list:
            return {"valid": False, "error_type": "multi_turn:inference_error"}
        if len(answer) != len(entry["expected"]):
            return {"valid": False, "error_type": "multi_turn:force_terminated"}
        turns = []
        for steps in answer:
            decoded = []
            for step in steps:
                try:
                    calls = self._steps(step, kind)
                except Exception:  # talk
                    continue
                if not self._running.is_empty_execute_response(calls):
                    decoded.append(calls)
            turns.append(decoded)
        given = {"id": entry["define"], "initial_config": entry["state"], "involved_classes": entry["classes"]}
        try:
            return self._turns.multi_turn_checker(turns, entry["expected"], given, entry["category"], "lamforge")
        finally:  # or the next check of this task would find the state that this one left
            for name in [name for name in vars(self._running) if name.endswith("_instance")]:
                delattr(self._running, name)


def _stub(name: str, **content: Any) -> None:
    module = ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module


if __name__ == "__main__":
    confined(sys.argv[2])
    main(*sys.argv[1:])
