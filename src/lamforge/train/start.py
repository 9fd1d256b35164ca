"""What training starts from: a base model's weights, or a new model with a tokenizer made of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.data import copied_words, rendered_texts
from lamforge.errors import TrainingError, bounded
from lamforge.formats import Format
from lamforge.train.kept import kept_tokenizer
from lamforge.train.model_recipe import ModelRecipe
from lamforge.train.recipe import Kind, Recipe
from lamforge.train.tokenizer import pad_token, train_tokenizer

SAFE: dict[str, Any] = {"trust_remote_code": False}  # without it transformers asks, and runs what is there
_HUB = "hf:"
_ENOUGH = 40_000_000  # bytes of data for a tokenizer: more change few of its entries


def starting_point(kind: Kind, recipe: Recipe, data: list[Path], fmt: Format, out: Path) -> tuple[Any, Any]:
    """The tokenizer and the model to start from: a released one, or new ones of the recipe's shape.

    Args:
        out: Folder of the run, which keeps a new tokenizer for other processes and later sittings.
    Raises:
        TrainingError: if the base model cannot be loaded or does not fit the format or the recipe.
    """
    import torch

    torch.manual_seed(recipe.training.seed)
    return _base(recipe, fmt) if recipe.model.base is not None else _new(kind, recipe, data, fmt, out)


def base_name(base: str) -> str:
    """What transformers takes for a recipe's `base`: a folder as it is, "hf:owner/name" without its mark.

    Raises:
        TrainingError: if it is a folder that does not exist, or has pickles in place of safetensors.
    """
    if base.startswith(_HUB):
        return base.removeprefix(_HUB)
    if not Path(base).is_dir():
        remedy = "Give a folder with config.json, weights and tokenizer, or hf:owner/name."
        raise TrainingError("cannot be loaded: there is no such folder", where=base, remedy=remedy)
    pickles = sorted(file.name for file in Path(base).glob("*.bin"))
    if pickles and not any(Path(base).glob("*.safetensors")):
        raise TrainingError(
            f"has its weights as a pickle ({bounded(pickles[0], 80)}), which can run code and is never loaded",
            where=base,
            remedy="Take a release with safetensors, or convert it where you trust it: load it with transformers and "
            "`save_pretrained` it into another folder.",
        )
    return base


def context_length(recipe: ModelRecipe, config: Any) -> int:
    """Tokens that a conversation may have: what the recipe says, or all that the model has positions for."""
    return recipe.context_length or int(config.max_position_embeddings * (recipe.yarn_factor or 1))


def _base(recipe: Recipe, fmt: Format) -> tuple[Any, Any]:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    from lamforge.train.adapters import add_adapters, quantization
    from lamforge.train.attention import attention_of
    from lamforge.train.fitness import check_shape, check_tokenizer

    shape, training = recipe.model, recipe.training
    assert shape.base is not None
    name = base_name(shape.base)
    # With adapters the base is never written back: it can be as small in memory as the precision says.
    small = recipe.lora is not None and training.precision == "bf16"
    try:
        config = AutoConfig.from_pretrained(name, **SAFE)
        check_shape(shape, config)
        tokenizer = AutoTokenizer.from_pretrained(name, **SAFE)
        check_tokenizer(tokenizer, fmt, shape)
        stretch(config, shape.yarn_factor)
        model: Any = AutoModelForCausalLM.from_pretrained(
            name,
            config=config,
            dtype=torch.bfloat16 if small else torch.float32,
            attn_implementation=attention_of(training),
            quantization_config=quantization(recipe.lora),
            use_safetensors=True,
            **SAFE,
        )
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"cannot be loaded: {error}",
            where=shape.base,
            remedy="It must have config.json, safetensors and tokenizer.json, and need no code of its own, which is "
            "never run; offline, download it first.",
        ) from error
    tokenizer.chat_template = fmt.chat_template
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = pad_token(fmt)
    return tokenizer, add_adapters(model, recipe) if recipe.lora else model


def stretch(config: Any, factor: float | None) -> None:
    """Gives a configuration `factor` times as many positions by YaRN (Peng and others, arXiv 2309.00071)."""
    if factor is None:
        return
    before = config.max_position_embeddings
    theta = (config.rope_parameters or {}).get("rope_theta", 10_000.0)
    config.rope_parameters = {
        "rope_type": "yarn",
        "rope_theta": theta,
        "factor": float(factor),
        "original_max_position_embeddings": before,
    }
    config.max_position_embeddings = round(before * factor)


def _new(kind: Kind, recipe: Recipe, data: list[Path], fmt: Format, out: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

    from lamforge.train.attention import attention_of
    from lamforge.train.copying import start_copying

    shape = recipe.model
    assert shape.context_length is not None
    tokenizer = _known_tokenizer(recipe, fmt)
    tokenizer = tokenizer or kept_tokenizer(out, lambda: _trained_tokenizer(kind, recipe, data, fmt))
    config_of = Qwen2Config if shape.architecture == "qwen2" else LlamaConfig
    config = config_of(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads,
        num_key_value_heads=shape.num_key_value_heads,
        max_position_embeddings=shape.context_length,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tie_word_embeddings,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model: Any = AutoModelForCausalLM.from_config(config, attn_implementation=attention_of(recipe.training))
    if shape.copies:
        start_copying(model)
    return tokenizer, model


def _trained_tokenizer(kind: Kind, recipe: Recipe, data: list[Path], fmt: Format) -> Any:
    paths = sorted({*data, *(Path(name) for phase in recipe.phases for name in phase.data)})
    texts = kind == "pretrain"
    limit = recipe.model.context_length
    assert limit is not None
    read = rendered_texts(paths, fmt, texts=texts, size=_ENOUGH)
    return train_tokenizer(read, fmt, recipe.tokenizer.vocab_size, limit, copied_words(paths, texts=texts))


def _known_tokenizer(recipe: Recipe, fmt: Format) -> Any:
    """The tokenizer of the folder that the recipe names, if it names one; raises TrainingError if it does not fit."""
    from transformers import AutoTokenizer

    from lamforge.train.fitness import check_tokenizer

    folder = recipe.tokenizer.base
    if folder is None:
        return None
    try:
        tokenizer = AutoTokenizer.from_pretrained(base_name(folder), **SAFE)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"has no tokenizer: {error}", where=folder, remedy="Give a folder with one.") from error
    check_tokenizer(tokenizer, fmt, ModelRecipe(base=folder, replace_template=True))  # type: ignore[call-arg]
    tokenizer.chat_template = fmt.chat_template
    return tokenizer
