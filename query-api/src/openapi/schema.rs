//! The pieces that schemas are made of.
//!
//! Objects of answers leave `additionalProperties` open, because fields are only ever added, and
//! require every field they name, because a documented field is always present.

use serde_json::{Map, Value, json};

/// A field of an object: its name and its schema.
pub(super) type Field = (&'static str, Value);

/// The pattern of texts that Postgres can store and compare.
pub(super) const NO_NUL: &str = "^[^\\u0000]*$";

/// The pattern of texts without control characters.
pub(super) const ONE_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// A text.
pub(super) fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// A text that is one of some words.
pub(super) fn word(words: impl IntoIterator<Item = &'static str>, description: &str) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    json!({"type": "string", "enum": words, "description": description})
}

/// A time as answers write it; any RFC 3339 is read.
pub(super) fn time(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

/// A UUID, written with dashes and read with or without.
pub(super) fn uuid(description: &str) -> Value {
    json!({"type": "string", "format": "uuid", "description": description})
}

/// A whole number.
pub(super) fn integer(description: &str) -> Value {
    json!({"type": "integer", "format": "int64", "description": description})
}

/// A number with decimals.
pub(super) fn number(description: &str) -> Value {
    json!({"type": "number", "format": "double", "description": description})
}

/// True or false.
pub(super) fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

/// An object of the client's own making.
pub(super) fn free_object(description: &str) -> Value {
    json!({"type": "object", "description": description})
}

/// Texts by name.
pub(super) fn texts_by_name(description: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": description,
    })
}

/// Any number of values of one kind.
pub(super) fn list(items: Value, description: &str) -> Value {
    json!({"type": "array", "items": items, "description": description})
}

/// The schema, or null.
pub(super) fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(kind) => {
            let kinds = json!([kind, "null"]);
            schema["type"] = kinds;
            schema
        }
        // A reference has no type of its own.
        None => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

/// A schema with more keywords, such as bounds or a default.
pub(super) fn with(mut schema: Value, keywords: Value) -> Value {
    if let (Value::Object(schema), Value::Object(keywords)) = (&mut schema, keywords) {
        schema.extend(keywords);
    }
    schema
}

/// The schema that has this name among the components.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object of an answer: all its fields are always present.
pub(super) fn object(description: &str, fields: impl IntoIterator<Item = Field>) -> Value {
    let fields: Vec<Field> = fields.into_iter().collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    input(description, &required, fields)
}

/// An object of a request, of whose fields only some are required.
pub(super) fn input(
    description: &str,
    required: &[&str],
    fields: impl IntoIterator<Item = Field>,
) -> Value {
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut schema =
        json!({"type": "object", "description": description, "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// An object with all fields of a named one, and some more.
pub(super) fn extended(
    base: &str,
    description: &str,
    fields: impl IntoIterator<Item = Field>,
) -> Value {
    let more = object(description, fields);
    json!({"type": "object", "allOf": [named(base), more], "description": description})
}

/// The success form around what was asked for.
pub(super) fn success(data: Value) -> Value {
    let status = json!({"type": "string", "const": "success"});
    object("The success form.", [("data", data), ("status", status)])
}
