"""Low-rank adapters (LoRA, Hu and others, arXiv 2106.09685), also over a base in 4 bits (QLoRA, arXiv 2305.14314)."""

from __future__ import annotations

from typing import Any

from lamforge.errors import MissingExtraError, TrainingError
from lamforge.train.model_recipe import LoraRecipe
from lamforge.train.recipe import Recipe


def quantization(lora: LoraRecipe | None) -> Any:
    """What transformers is told to load the base in 4 bits, or None.

    Raises:
        TrainingError: where there is no GPU, which bitsandbytes needs.
        MissingExtraError: if bitsandbytes is not installed.
    """
    if lora is None or lora.quantize is None:
        return None
    import torch
    from transformers import BitsAndBytesConfig

    if not torch.cuda.is_available():
        remedy = "Leave lora.quantize out: plain LoRA runs anywhere."
        raise TrainingError("lora.quantize=nf4 needs a GPU, and there is none here", remedy=remedy)
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        remedy = "Install it with `pip install bitsandbytes`."
        raise MissingExtraError("lora.quantize=nf4 needs bitsandbytes", remedy=remedy) from error
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_quant_storage=torch.bfloat16,  # so that FSDP can shard it beside the rest
    )


def add_adapters(model: Any, recipe: Recipe) -> Any:
    """The model with new adapters; nothing else of it is trained. The adapters themselves are kept in fp32.

    Raises:
        TrainingError: if a target is no linear layer of the model.
    """
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    lora = recipe.lora
    assert lora is not None
    if lora.quantize:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets or "all-linear",
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise TrainingError(f"lora.targets {lora.targets} are no layers of the model: {error}") from error
