//! What a tool's JSON schema allows, as far as that helps to understand a model: types, unions, references. A value that does not fit is
//! read again if it spells one that does; the rest is left to the check that refuses calls.

use serde_json::{Map, Number, Value};

use super::{Tool, literal};

/// The types that a schema allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types {
    pub string: bool,
    integer: bool,
    number: bool,
    boolean: bool,
    array: bool,
    object: bool,
    null: bool,
}

/// How deep schemas and values are followed.
const MAX_DEPTH: usize = 24;

/// The schema of a tool's arguments.
pub(super) fn parameters(tool: &Tool) -> Option<&Value> {
    ["parameters", "input_schema"].iter().find_map(|key| tool.function.get(key)).filter(|schema| schema.is_object())
}

/// The schema of the property with this key.
pub(super) fn property<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(key)
}

/// Whether a tool's schema names this property.
pub(super) fn names(tool: &Tool, key: &str) -> bool {
    parameters(tool).is_some_and(|schema| property(schema, key).is_some())
}

/// The types that `schema` allows; `None` if it says nothing about them.
pub(super) fn types(schema: &Value, root: &Value) -> Option<Types> {
    types_to(schema, root, MAX_DEPTH)
}

fn types_to(schema: &Value, root: &Value, depth: usize) -> Option<Types> {
    let depth = depth.checked_sub(1)?;
    let schema = target(schema, root);
    let named = match schema.get("type") {
        Some(Value::String(name)) => Types::default().with_name(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).try_fold(Types::default(), Types::with_name),
        _ => None,
    };
    let listed = || {
        let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        let values = values.or_else(|| schema.get("const").map(std::slice::from_ref))?;
        Some(values.iter().fold(Types::default(), |types, value| types.or(Types::of(value))))
    };
    let any = || {
        let branches = branches(schema)?;
        branches.iter().try_fold(Types::default(), |types, branch| Some(types.or(types_to(branch, root, depth)?)))
    };
    let all = || schema.get("allOf")?.as_array()?.iter().find_map(|part| types_to(part, root, depth));
    let shaped = || schema.get("properties").map(|_| Types { object: true, ..Types::default() });
    named.or_else(listed).or_else(any).or_else(all).or_else(shaped)
}

fn branches(schema: &Value) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array())
}

/// The part of the schema that a reference leads to.
fn target<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let step = |schema: &'a Value| root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?);
    std::iter::successors(Some(schema), |schema| step(schema)).take(MAX_DEPTH).last().unwrap_or(schema)
}

impl Types {
    /// Adds a type by its name in JSON Schema, or in Python, which many schemas use.
    fn with_name(self, name: &str) -> Option<Self> {
        Some(match name {
            "string" | "str" | "text" => Self { string: true, ..self },
            "integer" | "int" => Self { integer: true, ..self },
            "number" | "float" | "double" => Self { number: true, ..self },
            "boolean" | "bool" => Self { boolean: true, ..self },
            "array" | "list" | "tuple" => Self { array: true, ..self },
            "object" | "dict" => Self { object: true, ..self },
            "null" => Self { null: true, ..self },
            _ => return None,
        })
    }

    fn of(value: &Value) -> Self {
        let none = Self::default();
        match value {
            Value::Null => Self { null: true, ..none },
            Value::Bool(_) => Self { boolean: true, ..none },
            Value::Number(number) if number.is_f64() => Self { number: true, ..none },
            Value::Number(_) => Self { integer: true, ..none },
            Value::String(_) => Self { string: true, ..none },
            Value::Array(_) => Self { array: true, ..none },
            Value::Object(_) => Self { object: true, ..none },
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            string: self.string || other.string,
            integer: self.integer || other.integer,
            number: self.number || other.number,
            boolean: self.boolean || other.boolean,
            array: self.array || other.array,
            object: self.object || other.object,
            null: self.null || other.null,
        }
    }

    /// Whether a value has one of these types.
    pub fn allow(self, value: &Value) -> bool {
        let is = Self::of(value);
        is.string && self.string
            || is.integer && (self.integer || self.number)
            || is.number && self.number
            || is.boolean && self.boolean
            || is.array && self.array
            || is.object && self.object
            || is.null && self.null
    }
}

/// The value as `schema` allows it: `"5"` becomes 5 if a number is expected, 1.0 becomes 1, JSON in a string becomes its value.
pub(super) fn fit(value: Value, schema: &Value, root: &Value) -> Value {
    fit_to(value, schema, root, MAX_DEPTH)
}

fn fit_to(value: Value, schema: &Value, root: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return value };
    let value = match types(schema, root) {
        Some(types) if !types.allow(&value) => meant(&value, types).unwrap_or(value),
        _ => value,
    };
    if !value.is_array() && !value.is_object() {
        return value;
    }
    let schema = branch(&value, schema, root, depth);
    match value {
        Value::Object(entries) => {
            let fitted = |(key, value): (String, Value)| match property(schema, &key) {
                Some(schema) => (key, fit_to(value, schema, root, depth)),
                None => (key, value),
            };
            Value::Object(entries.into_iter().map(fitted).collect::<Map<_, _>>())
        }
        Value::Array(items) => match schema.get("items").filter(|items| items.is_object()) {
            Some(schema) => items.into_iter().map(|item| fit_to(item, schema, root, depth)).collect(),
            None => Value::Array(items),
        },
        other => other,
    }
}

/// The part of a schema for this list or object: in a union, the first branch that allows it.
fn branch<'a>(value: &Value, schema: &'a Value, root: &'a Value, depth: usize) -> &'a Value {
    let schema = target(schema, root);
    let Some(depth) = depth.checked_sub(1) else { return schema };
    let parts = branches(schema).or_else(|| schema.get("allOf")?.as_array());
    let fits = |part: &&Value| types(part, root).is_some_and(|types| types.allow(value));
    match parts.and_then(|parts| parts.iter().find(fits)) {
        Some(part) => branch(value, part, root, depth),
        None => schema,
    }
}

/// The value of an allowed type that another value spells, if it spells one.
fn meant(value: &Value, types: Types) -> Option<Value> {
    match value {
        Value::String(text) => {
            let value = literal::value(text.trim()).filter(|value| !value.is_string())?;
            if types.allow(&value) { Some(value) } else { whole(&value).filter(|_| types.integer) }
        }
        Value::Number(_) if types.integer => whole(value),
        _ => None,
    }
}

/// A float without a fraction as an integer.
fn whole(value: &Value) -> Option<Value> {
    let float = value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < (1_u64 << 53) as f64)?;
    Some(Value::Number(Number::from(float as i64)))
}
