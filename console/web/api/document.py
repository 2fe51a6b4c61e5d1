"""The OpenAPI document of the gateway, made out of the descriptors of its calls, so that it can not lag behind them.

Forms of values follow the JSON mapping of Protocol Buffers: 64-bit numbers are texts, bytes are base64, and a field
that has its usual value may be left out. A form that is not known here is an error, not a guess.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from console.web.api.calls import Call

Json: TypeAlias = dict[str, Any]
_F = FieldDescriptor
_WHOLE = {
    "type": "string",
    "pattern": "^-?[0-9]{1,19}$",
    "description": "A whole number of up to 64 bits, as text.",
}
_REAL: Json = {"oneOf": [{"type": "number"}, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}]}
_FORMS: Mapping[int, Json] = {
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_BYTES: {
        "type": "string",
        "contentEncoding": "base64",
        "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    },
    _F.TYPE_INT32: {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    _F.TYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    _F.TYPE_INT64: _WHOLE,
    _F.TYPE_UINT64: {**_WHOLE, "pattern": "^[0-9]{1,19}$"},
    _F.TYPE_DOUBLE: _REAL,
    _F.TYPE_FLOAT: _REAL,
}
REFUSALS = {
    "400": "The request is no JSON, not of the form of its message, or says what can not be.",
    "401": "No token, or one that does not count.",
    "403": "Not for this role.",
    "404": "There is no such thing, or not for this token.",
    "405": "Calls are made with POST.",
    "409": "It can not be done as things stand, or was cut short; look and ask again.",
    "413": "The request is too large.",
    "415": "The request is not application/json.",
    "422": "A field of the request can not be used.",
    "429": "Too many at once; wait.",
    "500": "The node failed.",
    "503": "The node can not answer now.",
}
REFUSAL: Json = {
    "type": "object",
    "required": ["reason", "message"],
    "properties": {"reason": {"type": "string"}, "message": {"type": "string"}},
    "additionalProperties": False,
}


def make_document(calls: Mapping[str, Call], title: str, where: str) -> Json:
    """The document: OpenAPI 3.1.

    Args:
        calls: By path.
        title: Of the service.
        where: What stands before each path.
    """
    schemas: Json = {"Refusal": REFUSAL}
    paths = {path: {"post": _operation(call, schemas)} for path, call in sorted(calls.items())}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": where or "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(call: Call, schemas: Json) -> Json:
    asked, answered = call.method.input_type, call.method.output_type
    one = _message(answered, schemas)
    shown = {"type": "array", "items": one} if call.streams else one
    refusals = {
        status: {"description": text, "content": _as_json({"$ref": "#/components/schemas/Refusal"})}
        for status, text in REFUSALS.items()
    }
    return {
        "operationId": f"{call.method.containing_service.name}.{call.method.name}",
        "tags": [call.method.containing_service.name],
        "requestBody": {"required": True, "content": _as_json(_message(asked, schemas))},
        "responses": {"200": {"description": "The answer.", "content": _as_json(shown)}, **refusals},
        **({"security": []} if call.open else {}),
    }


def _as_json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _message(message: Descriptor, schemas: Json) -> Json:
    """A reference to the form of a message, which is put among the others once."""
    name = message.full_name
    if name not in schemas:
        schemas[name] = {}  # it may hold itself
        fields = {field.json_name: _field(field, schemas) for field in message.fields}
        schemas[name] = {"type": "object", "properties": fields, "additionalProperties": False}
        choices = [
            {"not": {"required": [one.json_name, other.json_name]}}
            for group in message.oneofs
            for at, one in enumerate(group.fields)
            for other in group.fields[at + 1 :]
        ]
        if choices:
            schemas[name]["allOf"] = choices
    return {"$ref": f"#/components/schemas/{name}"}


def _field(field: FieldDescriptor, schemas: Json) -> Json:
    held = field.message_type
    if held is not None and held.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _value(held.fields_by_name["value"], schemas)}
    value = _value(field, schemas)
    return {"type": "array", "items": value} if field.is_repeated else value


def _value(field: FieldDescriptor, schemas: Json) -> Json:
    if field.message_type is not None:
        return _message(field.message_type, schemas)
    if field.enum_type is not None:
        return {"type": "string", "enum": [one.name for one in field.enum_type.values]}
    return dict(_FORMS[field.type])
