"""Judges JSON documents by a JSON Schema (draft 2020-12).

judge_by_schema.py SCHEMA FOLDER NAME...

Prints one JSON object: for each file FOLDER/NAME the JSON pointers at which the schema refuses it, none for one it
takes; and under "" what is wrong with the schema itself: keys without an explanation, examples it would refuse.
"""

import json
import os
import sys

from jsonschema import Draft202012Validator, RefResolver


def pointer(path):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def registry(folder):
    """The schemas name each other by their ids, `/v1/schemas/chain.json#/$defs/condition`."""
    found = {}
    for name in os.listdir(folder):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                schema = json.load(file)
            found[schema["$id"]] = schema
    return found


def judge(schema, store):
    resolver = RefResolver(schema["$id"], schema, store={**store, schema["$id"]: schema})
    return Draft202012Validator(schema, resolver=resolver)


def refusals(validator, document):
    found = set()
    for error in validator.iter_errors(document):
        path = list(error.absolute_path)
        if error.validator == "additionalProperties" and error.schema["additionalProperties"] is False:
            known = error.schema.get("properties", {})
            found.update(pointer(path + [key]) for key in error.instance if key not in known)
        elif "propertyNames" in error.absolute_schema_path:
            found.add(pointer(path + [error.instance]))
        else:
            found.add(pointer(path))
    return sorted(found)


def explained(schema, part):
    if part is True or part is False or "description" in part:
        return True
    return "$ref" in part and explained(schema, schema["$defs"][part["$ref"].removeprefix("#/$defs/")])


def faults(schema, part, store, path=""):
    """Keys of documents that nothing explains, and examples that do not fit."""
    # A part with a comment only narrows another, which explains itself.
    if "$comment" in part:
        return
    for key, value in part.get("properties", {}).items():
        if not explained(schema, value):
            yield f"{path}/properties/{key} has no description"
    for example in part.get("examples", []):
        whole = {**part, "$defs": schema.get("$defs", {}), "$id": schema["$id"]}
        validator = judge(whole, store)
        if refusals(validator, example):
            yield f"{path} refuses its example {json.dumps(example)}"
    for keyword, value in part.items():
        if keyword in ("$defs", "properties"):
            for key, inner in value.items():
                if isinstance(inner, dict):
                    yield from faults(schema, inner, store, f"{path}/{keyword}/{key}")
        elif keyword in ("items", "then", "else", "additionalProperties") and isinstance(value, dict):
            yield from faults(schema, value, store, f"{path}/{keyword}")
        elif keyword in ("allOf", "anyOf", "oneOf"):
            for index, inner in enumerate(value):
                yield from faults(schema, inner, store, f"{path}/{keyword}/{index}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    store = registry(os.path.dirname(sys.argv[1]))
    validator = judge(schema, store)
    verdicts = {"": list(faults(schema, schema, store))}
    for name in sys.argv[3:]:
        with open(f"{sys.argv[2]}/{name}", encoding="utf-8") as file:
            verdicts[name] = refusals(validator, json.load(file))
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main()
