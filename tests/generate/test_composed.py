from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from lamforge.domains import load_domain
from lamforge.errors import OutputError, UsageError
from lamforge.generate import Roles, compose_domains, domain_folders, generate_many
from lamforge.generate.composed.business import businesses
from lamforge.generate.composed.run import compose
from lamforge.generate.composed.sketch import sketch
from lamforge.generate.many import _RUNS

PACKAGE = Path(compose_domains.__code__.co_filename).parent
RESERVED = (
    "bee", "beekeep", "observator", "telescope", "wine", "cellar", "theatre", "ski", "avalanche", "aquarium", "archer",
    "potter", "kiln", "cemeter", "chess", "seed bank", "harbour", "tide", "podcast", "escape room", "lighthouse",
    "blood", "marathon", "stamp", "cheese", "cave", "falcon", "planetarium", "tattoo", "translat", "wedding",
    "3d print", "radio", "snow plow", "mushroom", "sailing", "regatta",
)  # fmt: skip


def _texts() -> str:
    files = [*PACKAGE.glob("*.yaml"), *PACKAGE.glob("businesses/*.yaml"), *PACKAGE.glob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files).lower()


@pytest.mark.parametrize("field", RESERVED)
def test_the_fields_that_are_kept_for_the_test_are_never_named(field: str) -> None:
    assert not re.search(rf"\b{field}(s|er|ers|ing|ings|y|ies)?\b", _texts())


def test_the_same_seed_gives_the_same_folders_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("one", 4), ("two", 4), ("three", 5)):
        compose_domains(tmp_path / name, count=3, seed=seed)
    one, two, three = (
        [path.read_bytes() for path in sorted((tmp_path / n).rglob("*.*"))] for n in ("one", "two", "three")
    )
    assert one == two
    assert not set(one) & set(three)


def test_every_business_gives_a_domain_that_loads_and_keeps_to_its_size(tmp_path: Path) -> None:
    compose_domains(tmp_path / "all", count=len(businesses()), seed=1)
    folders = domain_folders(tmp_path / "all")
    assert len(folders) == len(businesses())
    for folder in folders:
        domain = load_domain(folder)
        assert 3 <= len(domain.tools) <= 9
        assert len(domain.policy.split()) <= 250
        assert domain.rules and domain.owner in domain.base.tables
        for tool in domain.tools:
            for name, schema in tool["function"]["parameters"]["properties"].items():
                assert ("number of" in domain.wording.nouns(name)[0]) <= (schema["type"] == "integer"), name


def test_no_two_domains_of_a_business_share_a_person() -> None:
    library = next(each for each in businesses() if each.name == "library")
    states = [compose(library, "library", random.Random(seed))[0]["state.json"] for seed in range(8)]
    names = [set(re.findall(r'"name": "([^"]+)"', state)) for state in states]
    assert all(len(one) >= 15 for one in names)
    assert sum(len(one) for one in names) - len(set.union(*names)) <= 1


def test_a_sketch_has_only_rules_that_its_tools_can_break() -> None:
    for business in businesses():
        for seed in range(5):
            drawn = sketch(business, random.Random(seed))
            deeds = {action.deed for action in drawn.actions}
            assert "most" not in drawn.limits or "more" in deeds
            assert "at_most" not in drawn.limits or "new" in deeds


def test_a_folder_of_domains_gives_one_file_of_verified_conversations_and_goes_on_where_it_stopped(
    tmp_path: Path,
) -> None:
    compose_domains(tmp_path / "domains", count=2, seed=2)
    folders = domain_folders(tmp_path / "domains")
    options = {"tasks": 4, "test_tasks": 0, "seed": 2, "roles": Roles()}
    made = generate_many(folders, tmp_path / "whole", **options)
    whole = (tmp_path / "whole" / "trajectories.jsonl").read_bytes()
    assert made.trajectories == 8 == len(whole.splitlines())
    generate_many(folders[:1], tmp_path / "part", **options)
    (tmp_path / "part" / "run.json").unlink()
    generate_many(folders, tmp_path / "part", **options)
    assert (tmp_path / "part" / "trajectories.jsonl").read_bytes() == whole
    assert len(list((tmp_path / "part" / _RUNS).iterdir())) == 2


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        compose_domains(tmp_path, count=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_no_folder_for_domains(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="cannot be written: Not a directory"):
        compose_domains(tmp_path / "notes.txt", count=1)


def test_models_are_refused_where_several_domains_are_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one domain at a time"):
        generate_many(
            [tmp_path],
            tmp_path / "out",
            tasks=1,
            test_tasks=0,
            roles=Roles.model_validate({"generator": {"engine": "nano"}}),
        )
