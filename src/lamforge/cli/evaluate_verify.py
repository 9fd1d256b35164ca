"""`lamforge eval verify`: agreement with a benchmark's own checkers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import err, print_json, progress_bar, table


def verify(
    reference: Annotated[Literal["bfcl", "tau"], typer.Option(help="Whose checkers to compare with.")],
    suite: Annotated[str, typer.Option(help="bfcl: v3, v4, or with a release of bfcl-eval: v3@2025.7.9.")] = "v3",
    data: Annotated[
        Path | None,
        typer.Option(
            help="bfcl: a bfcl-eval wheel or a folder with bfcl_eval; tau: a tau-bench checkout or the inspect-evals "
            "wheel. By default fetched by pip."
        ),
    ] = None,
    mutations: Annotated[
        int,
        typer.Option(
            min=0, help="Nearly right answers (bfcl) or random calls (tau) to compare on, besides right ones."
        ),
    ] = 0,
    results: Annotated[
        list[Path] | None,
        typer.Option(help="Real outputs, too: files or folders of *_result.json; tau's recorded conversations."),
    ] = None,
    answers: Annotated[
        Literal["text", "calls"],
        typer.Option(help="bfcl: what --results hold, generated text or calls by OpenAI's API."),
    ] = "text",
    category: Annotated[
        list[str] | None, typer.Option(help="Only these; may be given several times. Of tau: retail, airline.")
    ] = None,
    split: Annotated[str, typer.Option(help="tau: what a tau-bench file in --results was recorded on.")] = "test",
    seed: Annotated[int, typer.Option(help="Of the mutations.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the agreement as JSON, alone, on stdout.")] = False,
) -> None:
    """Judge the same answers with the official checkers and with ours.

    Exits with 1 if they ever differ, or if not everything could be compared.
    """
    if reference == "tau":
        found = _tau(data, mutations, results or [], category or ["airline", "retail"], split, seed, json)
    else:
        found = _bfcl(suite, data, mutations, results or [], answers, category, seed, json)
    if not found.complete:
        raise typer.Exit(1)


def _tau(
    data: Path | None, calls: int, results: list[Path], domains: list[str], split: str, seed: int, json: bool
) -> Any:
    from lamforge.evaluate.tau.against.agreement import compared

    with progress_bar("verify", "steps") as update:
        found = compared(data, domains, calls=calls, results=results, split=split, seed=seed, progress=update)
    if json:
        print_json(found.as_dict())
        return found
    rows = [[name, str(found.agreeing[name]), str(found.total[name])] for name in found.total]
    rows.append(["all", *(str(sum(each.values())) for each in (found.agreeing, found.total))])
    table(f"agreement with {found.layout}, rules {found.rules}", ["what", "agreeing", "compared"], rows)
    for file, compared_here in found.recorded.items():
        err.print(f"{file}: {compared_here} conversations compared")
    for conversation in found.unmatched:
        err.print(f"{conversation}: not compared")
    for name, value in found.reliability.items():
        err.print(f"{name}: {value:.4f}")
    for difference in found.differences:
        err.print(
            f"{difference.place}: {difference.what}\n  officially {difference.official}\n  here {difference.ours}"
        )
    return found


def _bfcl(
    suite: str,
    data: Path | None,
    mutations: int,
    results: list[Path],
    answers: Literal["text", "calls"],
    category: list[str] | None,
    seed: int,
    json: bool,
) -> Any:
    from lamforge.evaluate.bfcl import agreement, open_release, parse_suite

    chosen = parse_suite(suite)
    with progress_bar("verify", "categories") as update:
        found = agreement(
            open_release(chosen, data),
            chosen,
            mutations=mutations,
            results=results,
            answers=answers,
            categories=chosen.chosen(category),
            seed=seed,
            progress=update,
        )
    if json:
        print_json(found.as_dict())
    else:
        rows = [
            [name, str(found.agreeing[name]), str(found.total[name]), str(found.right[name])] for name in found.total
        ]
        rows.append(["all", *(str(sum(each.values())) for each in (found.agreeing, found.total, found.right))])
        table(f"agreement with BFCL {found.suite}", ["category", "agreeing", "answers", "right"], rows)
        if found.columns:
            err.print(f"tables: {found.columns - len(found.columns_differing)} of {found.columns} columns are the same")
        for file, compared in found.recorded.items():
            err.print(f"{file}: {compared} answers compared")
        for file in found.left_out:
            err.print(f"{file}: not compared, its category is not among those above")
        for answer in found.unmatched:
            err.print(f"{answer}: not compared, {found.suite} has no such task")
        for difference in found.differences:
            err.print(f"{difference.task_id} ({difference.label}): officially {difference.official}, {difference.ours}")
    return found
