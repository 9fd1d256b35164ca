"""The root of the command line. A verb's module is imported only when that verb is used."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from lamforge import __version__
from lamforge.errors import INTERRUPTED_EXIT_CODE, LamforgeError

VERBS = {  # name -> (module, what `lamforge --help` says)
    "quickstart": ("quickstart", "The whole loop for the bundled store: nano, taught and scored before and after."),
    "init": ("init", "Write a small working domain folder to start your own from."),
    "doctor": ("doctor", "Check this installation, and a model or a domain if you name one."),
    "call": ("call", "Ask one question with tools from a JSON file; prints the call."),
    "chat": ("chat", "Talk to a model that acts on a domain; shows its calls and their results."),
    "serve": ("serve", "Serve a model over HTTP as OpenAI's API does, with a chat page at /."),
    "tools": ("tools", "Bring your tools: import and check them."),
    "generate": ("generate", "Write verified training data for a domain or for any tools."),
    "data": ("data", "Bring, check, curate and look at trajectories."),
    "report": ("report", "What a run of generate made, rejected and covers: one page, one table."),
    "train": ("train", "Train a model on trajectories."),
    "export": ("export", "Turn a trained model into files that others run."),
    "eval": ("evaluate", "Score a model on tasks it never saw."),
}

RESUMING = {"quickstart", "generate", "rate", "train", "eval"}  # verbs that keep what they have done


class _LazyGroup(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        module, summary = VERBS[cmd_name]
        if _only_listing():
            return TyperCommand(cmd_name, help=summary, short_help=summary)
        command = typer.main.get_command(importlib.import_module(f"lamforge.cli.{module}").app)
        command.name = cmd_name
        return command


def _only_listing() -> bool:
    """Whether the names and summaries are all that is asked for, as in `lamforge --help`."""
    return not [word for word in sys.argv[1:] if not word.startswith("-")]


app = typer.Typer(cls=_LazyGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"lamforge {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Bring your tools and your policy, leave with your own verified large action model."""


def _terminated(*_: object) -> None:
    """SIGTERM ends as Ctrl-C does, so that nothing is lost, even where Ctrl-C is ignored, as behind `&` in a script."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def run() -> None:
    """Runs the command line; every error ends as one message and its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # what reads our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except LamforgeError as error:
        from lamforge.cli.console import printable

        typer.secho(f"error: {printable(str(error))}", fg="red", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED_EXIT_CODE
    except typer.Exit as leave:
        code = leave.exit_code
    except TyperException as error:  # a wrong option or argument
        error.show()  # type: ignore[attr-defined]
        code = error.exit_code
    if code == INTERRUPTED_EXIT_CODE:
        resumes = "; the same command goes on where this one stopped" if set(sys.argv[1:3]) & RESUMING else ""
        typer.secho(f"interrupted{resumes}", fg="yellow", err=True)
    sys.exit(code if isinstance(code, int) else 0)
