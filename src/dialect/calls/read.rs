//! Turns complete literals into calls: JSON objects in the shapes that models use, and pythonic lists of calls.

use serde_json::{Map, Value};

use super::Offer;
use crate::dialect::Tool;
use crate::dialect::arguments as written;
use crate::dialect::literal::{self, Reader};
use crate::dialect::schema;

/// A call as the model wrote it, before it gets an id.
#[derive(Debug)]
pub(super) struct Written {
    pub id: Option<String>,
    pub name: String,
    pub arguments: Value,
}

/// How certain it is, from the surroundings, that a call is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Between tags, or alone at the start of the answer: a name that was not offered is a mistake to report to the model.
    Sure,
    /// Within text: only an offered name is a call.
    Text,
}

/// The calls of a bracketed literal; `None` if it is something else.
pub(super) fn calls(text: &str, offer: &Offer, trust: Trust) -> Option<Vec<Written>> {
    let read = match text.as_bytes().first()? {
        b'{' => object_calls(&literal::value(text)?, offer, trust),
        _ => list(text, offer, trust),
    };
    read.filter(|calls| !calls.is_empty())
}

/// `f(a=1)` without brackets around it, or several in a row.
pub(super) fn bare_calls(text: &str, offer: &Offer, trust: Trust) -> Option<Vec<Written>> {
    let mut reader = Reader::new(text);
    let mut calls = vec![];
    loop {
        calls.push(pythonic(&mut reader, offer, trust)?);
        while reader.eat(';') || reader.eat(',') {}
        if reader.rest().is_empty() {
            return Some(calls);
        }
    }
}

/// The name of a tool followed by its arguments as an object.
pub(super) fn named_call(text: &str, offer: &Offer) -> Option<Vec<Written>> {
    let mut reader = Reader::new(text);
    let name = reader.name().filter(|name| offer.may_mean(name))?;
    reader.eat(':');
    let arguments = literal::value(reader.rest().trim()).filter(Value::is_object)?;
    Some(vec![Written { id: None, name: name.into(), arguments }])
}

/// `[f(a=1), {"name": …}]`
fn list(text: &str, offer: &Offer, trust: Trust) -> Option<Vec<Written>> {
    let mut reader = Reader::new(text);
    let mut calls = vec![];
    reader.eat('[').then_some(())?;
    while !reader.eat(']') {
        reader.skip_space();
        if reader.rest().starts_with('{') {
            calls.extend(object_calls(&reader.value()?, offer, trust)?);
        } else {
            calls.push(pythonic(&mut reader, offer, trust)?);
        }
        if !reader.eat(',') {
            reader.eat(']').then_some(())?;
            break;
        }
    }
    reader.skip_space();
    reader.rest().is_empty().then_some(calls)
}

fn pythonic(reader: &mut Reader<'_>, offer: &Offer, trust: Trust) -> Option<Written> {
    let name = reader.name()?;
    reader.eat('(').then_some(())?;
    let tool = offer.tool(name);
    if trust == Trust::Text && !offer.may_mean(name) {
        return None;
    }
    let mut arguments = Map::new();
    while !reader.eat(')') {
        let (key, value) = argument(reader, tool, arguments.len())?;
        if arguments.insert(key, value).is_some() {
            return None;
        }
        if !reader.eat(',') {
            reader.eat(')').then_some(())?;
            break;
        }
    }
    Some(Written { id: None, name: name.into(), arguments: Value::Object(arguments) })
}

/// `key=value`, or a bare value, whose key is the schema's property at this position.
fn argument(reader: &mut Reader<'_>, tool: Option<&Tool>, place: usize) -> Option<(String, Value)> {
    let named = Reader::new(reader.rest()).name().filter(|name| {
        let mut ahead = Reader::new(reader.rest());
        ahead.name().is_some() && ahead.eat('=') && !name.is_empty()
    });
    if named.is_some() {
        let key = reader.name()?.to_string();
        reader.eat('=').then_some(())?;
        return Some((key, reader.value()?));
    }
    let properties = tool?.function.get("parameters")?.get("properties")?.as_object()?;
    let key = properties.keys().nth(place)?.clone();
    Some((key, reader.value()?))
}

/// The keys for a call's arguments, in the formats we know and in others.
const ARGUMENTS: &[&str] = &["arguments", "parameters", "args"];
const OTHER_ARGUMENTS: &[&str] = &["input", "params", "tool_input"];

/// The other keys of a call.
const ABOUT: &[&str] = &["name", "function", "tool", "id", "type"];

fn object_calls(value: &Value, offer: &Offer, trust: Trust) -> Option<Vec<Written>> {
    if let Some(Value::Array(calls)) = value.get("tool_calls") {
        let calls: Option<Vec<_>> = calls.iter().map(|call| object_calls(call, offer, trust)).collect();
        return Some(calls?.into_iter().flatten().collect());
    }
    if let Some(inner) = ["function_call", "tool_call"].iter().find_map(|key| value.get(key)).filter(|inner| inner.is_object()) {
        return object_calls(inner, offer, trust);
    }
    let id = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(String::from);
    if let Some(inner) = value.get("function").filter(|inner| inner.is_object()) {
        let mut calls = object_calls(inner, offer, trust)?;
        if let Some(first) = calls.first_mut() {
            first.id = id;
        }
        return Some(calls);
    }
    let name = ["name", "function", "tool"].iter().find_map(|key| value.get(key).and_then(Value::as_str))?;
    let arguments = arguments(value.as_object()?, name, offer, trust)?;
    let typed = value.get("type").and_then(Value::as_str) == Some("function");
    let meant = match trust {
        Trust::Sure => arguments.is_some() || typed || offer.may_mean(name),
        Trust::Text => offer.may_mean(name) && (arguments.is_some() || typed),
    };
    let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
    meant.then(|| vec![Written { id, name: name.into(), arguments }])
}

/// The arguments in an object that names a function: under one of the usual keys, or next to the name. `Some(None)` if there are none,
/// `None` if the object is not a call.
fn arguments(object: &Map<String, Value>, name: &str, offer: &Offer, trust: Trust) -> Option<Option<Value>> {
    if let Some(value) = ARGUMENTS.iter().find_map(|key| object.get(*key)) {
        let arguments = plain_arguments(value);
        let refusable = trust == Trust::Sure && offer.may_mean(name);
        return (refusable || arguments.is_object()).then_some(Some(arguments));
    }
    let is_property = |key: &str| offer.tool(name).is_some_and(|tool| schema::names(tool, key));
    let whole = |key: &&str| object.get(*key).filter(|_| !is_property(key)).map(plain_arguments).filter(Value::is_object);
    if let Some(arguments) = OTHER_ARGUMENTS.iter().find_map(whole) {
        return Some(Some(arguments));
    }
    let beside = object.iter().filter(|(key, _)| !ABOUT.contains(&key.as_str()));
    let beside: Map<String, Value> = beside.map(|(key, value)| (key.clone(), value.clone())).collect();
    match trust {
        _ if beside.is_empty() => Some(None),
        _ if beside.keys().all(|key| is_property(key)) => Some(Some(Value::Object(beside))),
        Trust::Sure => Some(offer.may_mean(name).then_some(Value::Object(beside))),
        Trust::Text => None,
    }
}

/// Arguments as an object, unpacked if they came as JSON in a string. Anything else is kept, for the schema check to refuse.
fn plain_arguments(value: &Value) -> Value {
    match value {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) => written::read(text).filter(Value::is_object).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}
