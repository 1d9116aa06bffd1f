"""What JSON Schema cannot say of a question that is right, for Schemathesis; and how lines are written."""

import json

import schemathesis

BYTES = {"officer": 256, "caseReference": 256, "justification": 2048, "ref": 256}


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    if isinstance(value, list):
        value = "".join(json.dumps(line) + "\n" for line in value)
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.deserializer("application/x-ndjson")
def events(ctx, response):
    return [json.loads(line) for line in response.content.splitlines() if line.strip()]


@schemathesis.hook
def map_case(ctx, case):
    """Mends what is meant to be right: lengths count bytes, whole numbers are written without a point, no two items
    have the same number, and a stream begins with who asks."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return case
    if isinstance(case.body, dict):
        shorten(case.body)
        differ(case.body.get("items"), "standing" in case.path)
    elif case.path == "/v1/check/stream" and isinstance(case.body, list):
        shorten(case.body)
        case.body = stream(case.body)
    return case


def shorten(value):
    """The same, in place. Cases that are made field by field pass over what one field asks of another."""
    if isinstance(value, dict) and value.get("specialCategoriesOnly") is True:
        value["specialCategories"] = True
    for name, one in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(one, str) and name in BYTES:
            cut = one.encode("utf-8", "surrogatepass")[: BYTES[name]].decode("utf-8", "ignore")
            value[name] = cut if cut.strip() or name in ("justification", "ref") else "x"
        elif isinstance(one, float) and one.is_integer():
            value[name] = int(one)
        elif isinstance(one, (dict, list)):
            shorten(one)


def differ(items, in_item=False):
    for number, item in enumerate(items if isinstance(items, list) else [], 1):
        if in_item:
            item["item"] = item.get("item") or {}
            item = item["item"]
        item["ref"] = number


def stream(lines):
    starts = [line for line in lines if isinstance(line, dict) and line.get("start")]
    start = starts[0]["start"] if starts else {"purpose": "border_check", "officer": "fuzzer"}
    items = [line["items"] for line in lines if isinstance(line, dict) and line.get("items")]
    items = items or [{"items": [{"identifierType": "imo", "value": "9074729"}]}]
    differ([item for some in items for item in some["items"]])
    return [{"start": start}] + [{"items": some} for some in items]
