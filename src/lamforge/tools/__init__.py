"""What a model may call: JSON Schema from functions, validation."""
from lamforge.tools.schema import bare, function_schema
from lamforge.tools.validation import validate_arguments
__all__ = ["bare", "function_schema", "validate_arguments"]
