"""What a mix is made of: one YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamforge.data.documents import document_files
from lamforge.data.files import MIXES, SUFFIXES, trajectory_files
from lamforge.data.selection import Criteria
from lamforge.errors import UsageError
from lamforge.settings import load_settings


class Source(BaseModel):
    """One part of a mix."""

    model_config = ConfigDict(extra="forbid")

    path: list[Path] = Field(min_length=1)  # files or folders, seen from the mix's own folder
    weight: float | None = Field(default=None, gt=0)  # its share of `size`, relative to the others' weights
    epochs: float = Field(default=1.0, gt=0, le=1000)  # how often each conversation is seen; with a weight at most
    cap: int | None = Field(default=None, ge=1)  # conversations that are used at most, drawn by the seed
    where: Criteria = Criteria()  # what is wanted; failed ones (reward 0) are not, unless `reward` says otherwise
    holds: Literal["conversations", "texts"] = "conversations"  # texts are for `train pretrain`
    loss: Literal["all", "assistant"] | None = None  # what has a loss: by default as the kind of training says

    @field_validator("path", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return value if isinstance(value, list) else [value]

    @model_validator(mode="after")
    def _fits(self) -> Source:
        if self.holds == "texts" and self.loss == "assistant":
            raise ValueError("loss=assistant is for conversations: nobody speaks in a text")
        if self.holds == "texts" and self.where != Criteria():
            raise ValueError("`where` is for conversations")
        return self

    def files(self, path: Path) -> list[Path]:
        """The files that one of its paths stands for; raises DataError if there is none."""
        return trajectory_files(path) if self.holds == "conversations" else document_files(path)

    @property
    def criteria(self) -> Criteria:
        """`where`, with what is understood without being said."""
        return self.where if self.where.reward else self.where.model_copy(update={"reward": ["1", "unjudged"]})


class MixSettings(BaseModel):
    """The content of a mix's file."""

    model_config = ConfigDict(extra="forbid")

    sources: dict[str, Source] = Field(min_length=1)
    size: int | None = Field(default=None, ge=1)  # conversations of one pass over the mix; weights divide it
    seed: int = 0

    def files(self) -> list[Path]:
        """The files of all sources; raises DataError if a path stands for none."""
        return [file for source in self.sources.values() for each in source.path for file in source.files(each)]


def is_mix(path: Path) -> bool:
    """Whether a path is that of a mix's file."""
    return path.name.endswith(MIXES)


def load_mix_settings(path: Path, overrides: list[str] | None = None) -> MixSettings:
    """The settings of a mix, its paths seen from the folder of the file.

    Raises:
        UsageError: naming the file and the key that is wrong.
    """
    if path.name.endswith(SUFFIXES) or path.is_dir():
        remedy = "A mix is a YAML file that names such files as its `sources`: docs/curation.md."
        raise UsageError("these are conversations, not a mix", where=path, remedy=remedy)
    settings = load_settings(MixSettings, path, overrides)
    weighted = [name for name, source in settings.sources.items() if source.weight is not None]
    if weighted and settings.size is None:
        what = f"sources.{weighted[0]}.weight: there is nothing to divide"
        raise UsageError(what, where=path, remedy="Give `size`, the conversations of one pass, or leave weights out.")
    if weighted and len(weighted) < len(settings.sources):
        missing = next(name for name in settings.sources if name not in weighted)
        remedy = "Give all sources a weight, or none."
        raise UsageError(f"sources.{missing}: has no weight, and others do", where=path, remedy=remedy)
    for name, source in settings.sources.items():
        source.criteria.check()
        source.path = [path.parent / each for each in source.path]
        if any(is_mix(each) for each in source.path):
            raise UsageError(f"sources.{name}.path: is a mix itself", where=path, remedy="Name its sources here.")
    return settings


def mix_files(path: Path) -> list[Path]:
    """All that a mix is made of, its own file first; raises as `load_mix_settings` and `trajectory_files` do."""
    return [path, *load_mix_settings(path).files()]
