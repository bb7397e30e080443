//! Checks values against schemas of the document, as far as the document uses the language.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::Value;

/// The document, as the service answered it.
#[derive(Debug)]
pub(crate) struct Document(pub(crate) Value);

impl Document {
    /// An operation.
    #[track_caller]
    pub(crate) fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.0["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not documented");
        operation
    }

    /// What a reference leads to; anything else is what it is.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// What is wrong with a value, path by path. Fields that no schema knows count as wrong: the
    /// document leaves room for more fields, the service must not use it unsaid.
    pub(crate) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(schema, value, "", &mut faults);
        faults
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            if !choices.iter().any(|choice| self.faults(choice, value).is_empty()) {
                faults.push(format!("{at}: {value} is none of {choices:?}"));
            }
            return;
        }
        if !type_holds(schema, value) {
            faults.push(format!("{at}: {value} is not {}", schema["type"]));
            return;
        }
        if !keywords_hold(schema, value) {
            faults.push(format!("{at}: {value} does not hold to {schema}"));
        }
        match value {
            Value::Object(_) => self.check_object(schema, value, at, faults),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(&schema["items"], item, &format!("{at}[{index}]"), faults);
                }
            }
            _ => {}
        }
    }

    fn check_object(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let fields = self.fields(schema);
        for missing in fields.required.iter().filter(|name| value.get(name).is_none()) {
            faults.push(format!("{at}.{missing} is missing"));
        }
        for (name, entry) in value.as_object().unwrap() {
            let at = format!("{at}.{name}");
            let known = fields.known.iter().find(|(known, _)| known == name);
            match (known.map(|(_, schema)| *schema), schema.get("additionalProperties")) {
                (Some(schema), _) | (None, Some(schema)) => {
                    self.check(schema, entry, &at, faults);
                }
                // An object of the client's own making has no fields to know.
                (None, None) if fields.required.is_empty() => {}
                (None, None) => faults.push(format!("{at} is not documented")),
            }
        }
    }

    /// The fields of a schema and of all that it consists of.
    fn fields<'a>(&'a self, schema: &'a Value) -> Fields<'a> {
        let schema = self.resolve(schema);
        let mut fields = Fields::default();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = self.fields(part);
            fields.known.extend(part.known);
            fields.required.extend(part.required);
        }
        let known = schema["properties"].as_object().into_iter().flatten();
        fields.known.extend(known.map(|(name, schema)| (name.as_str(), schema)));
        let required = schema["required"].as_array().into_iter().flatten();
        fields.required.extend(required.map(|name| name.as_str().unwrap()));
        fields
    }
}

#[derive(Debug, Default)]
struct Fields<'a> {
    known: Vec<(&'a str, &'a Value)>,
    required: BTreeSet<&'a str>,
}

/// Whether the value has one of the types; a schema without any allows all.
fn type_holds(schema: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("{unknown} is no type"),
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

/// Whether words, formats and patterns hold; they say nothing about null.
fn keywords_hold(schema: &Value, value: &Value) -> bool {
    let allowed = |words: &Value| words.as_array().is_none_or(|words| words.contains(value));
    let constant = schema.get("const").is_none_or(|only| only == value);
    if !allowed(&schema["enum"]) || !constant {
        return false;
    }
    let Some(text) = value.as_str() else { return true };
    let formatted = match schema["format"].as_str() {
        Some("date-time") => {
            text.len() == 24 && text.ends_with('Z') && shared::time::parse(text).is_some()
        }
        Some("uuid") => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
        _ => true,
    };
    let pattern = schema["pattern"].as_str().map(|pattern| Regex::new(pattern).unwrap());
    formatted && pattern.is_none_or(|pattern| pattern.is_match(text))
}
