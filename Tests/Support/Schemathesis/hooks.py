"""What schemathesis needs to know besides the description; loaded by schemathesis.toml."""

import schemathesis

# Of documents: they say themselves what else they take.
DOCUMENTS = ("Chain", "ChainTests", "Segment", "Template")

# A cursor comes from an earlier answer, and a key that an earlier call had is refused to another: both are shown in the
# tests of the API.
EARLIER = ("#/components/parameters/after", "#/components/parameters/idempotency_key")


def close(schema):
    """Nothing but what is described: the published schemas let answers gain fields, here one too many is a mistake."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    if not isinstance(schema, dict):
        return
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
        for part in schema["properties"].values():
            close(part)
    for key in ("items", "anyOf"):
        close(schema.get(key))


def shallow(schema):
    """Parts as in the examples: generators lose themselves in conditions within conditions, and the parsers of these
    languages have corpora and fuzzers of their own."""
    for key, part in list(schema["properties"].items()):
        if not part.keys() & {"$ref", "if", "items"}:
            continue
        samples = part.get("examples", []) + [example[key] for example in schema["examples"] if key in example]
        if samples:
            schema["properties"][key] = {"enum": samples}
        else:
            del schema["properties"][key]


def spare(schema):
    """Ten thousand items are ten thousand events for every later call to read; what is above the bound is refused in
    the tests of intake."""
    if isinstance(schema, dict):
        if schema.get("maxItems", 0) > 1000:
            del schema["maxItems"]
        for part in schema.values():
            spare(part)
    elif isinstance(schema, list):
        for part in schema:
            spare(part)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    spare(raw_schema)
    components = raw_schema["components"]
    for name in ("Chain", "Segment"):
        shallow(components["schemas"][name])
    for name, schema in components["schemas"].items():
        if name.split(".")[0] not in DOCUMENTS:
            close(schema)
    # Nothing that a webhook is sent may leave the machine.
    components["schemas"]["WebhookWish"]["properties"]["url"]["pattern"] = "^https?://[a-z]{1,9}[.]invalid(/[a-z]{0,9})?$"
    # Thousands of years would be lived through, month by month.
    clock = raw_schema["paths"]["/v1/test-clock"]["post"]["requestBody"]["content"]["application/json"]
    clock["schema"] = clock["schema"]["anyOf"][0]
    clock["schema"]["properties"]["advance"]["pattern"] = "^[0-9]{1,2} *(m|h)$"
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [
                parameter for parameter in operation.get("parameters", []) if parameter.get("$ref") not in EARLIER
            ]


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return value.encode() if isinstance(value, str) else b""


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Every text is a table or a list of lines: what is wrong with it is in the answer's lines."""
    is_text = case.media_type in ("text/csv", "application/x-ndjson")
    return not (is_text and type(failure).__name__ == "AcceptedNegativeData")
