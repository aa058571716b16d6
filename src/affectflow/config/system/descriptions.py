"""What the source of the settings models says of each setting, for the JSON schema of all.

pydantic reads it, too (`use_attribute_docstrings`), but at every import: as long as all else that an import of the
settings does.
"""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue


class Described(GenerateJsonSchema):
    """The JSON schema of models, each field with the text below it as its description."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        properties = json_schema.get("properties", {})
        for name, text in descriptions(schema["cls"]).items():
            if name in properties:
                properties[name]["description"] = text
        return json_schema


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a model and of those that it is made from, by the field's name."""
    texts: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, BaseModel) and part is not BaseModel:
            texts |= _read_descriptions(part)
    return texts


def _read_descriptions(model: type[BaseModel]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
