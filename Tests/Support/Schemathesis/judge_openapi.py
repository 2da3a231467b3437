"""Judges an OpenAPI document: whether it is valid 3.1, and whether every example fits its schema.

judge_openapi.py FILE

Prints what is wrong, a line each, and ends with 1 if anything is.
"""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator


def faults(document):
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{where(error.absolute_path)}: {error.message[:500]}"
    for path, schema, example in examples(document, document, ()):
        judge = Draft202012Validator({**schema, "components": document["components"]})
        for error in judge.iter_errors(example):
            yield f"{where(path)}, its example{where(error.absolute_path)}: {error.message[:500]}"


def examples(document, part, path):
    """Of schemas, bodies and parameters alike: what stands beside says what it is an example of."""
    if isinstance(part, list):
        for index, element in enumerate(part):
            yield from examples(document, element, path + (index,))
    if not isinstance(part, dict):
        return
    if "example" in part and "schema" in part:
        yield path, part["schema"], part["example"]
    # A property may be called so.
    if isinstance(part.get("examples"), list):
        for example in part["examples"]:
            yield path, part, example
    for key, element in part.items():
        if key not in ("example", "examples", "enum", "const", "default"):
            yield from examples(document, element, path + (key,))


def where(path):
    return "".join("/" + str(part) for part in path)


with open(sys.argv[1], encoding="utf-8") as file:
    found = list(faults(json.load(file)))
for fault in found:
    print(fault)
sys.exit(1 if found else 0)
