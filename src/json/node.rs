//! The tree that strict reading gives.

use std::borrow::Cow;

/// A JSON value and where it starts.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Offset of its first byte in the text.
    pub at: usize,
    /// The value.
    pub json: Json<'a>,
}

/// A JSON value. Numbers keep their text, so that `1`, `1.0` and `1e0` stay apart.
#[derive(Clone, Debug)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// Text, its escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object; no two members have the same key.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Offset of the key in the text.
    pub at: usize,
    /// The key, its escapes resolved.
    pub key: Cow<'a, str>,
    /// The value.
    pub node: Node<'a>,
}

impl<'a> Node<'a> {
    /// The members, if this is an object.
    pub fn members(&self) -> Option<&[Member<'a>]> {
        if let Json::Object(members) = &self.json { Some(members) } else { None }
    }

    /// The value of the member `key`, if this is an object that has it.
    pub fn member(&self, key: &str) -> Option<&Node<'a>> {
        self.members()?.iter().find(|member| member.key == key).map(|member| &member.node)
    }

    /// The items, if this is an array.
    pub fn items(&self) -> Option<&[Node<'a>]> {
        if let Json::Array(items) = &self.json { Some(items) } else { None }
    }

    /// The text, if this is a string.
    pub fn text(&self) -> Option<&str> {
        if let Json::String(text) = &self.json { Some(text) } else { None }
    }

    /// The number, if this is a whole one within 64 bits, written without fraction or exponent.
    pub fn integer(&self) -> Option<i64> {
        if let Json::Number(text) = &self.json { text.parse().ok() } else { None }
    }

    /// The truth value, if this is one.
    pub fn bool(&self) -> Option<bool> {
        if let Json::Bool(value) = &self.json { Some(*value) } else { None }
    }

    /// The same value as compact JSON, members by key.
    pub fn canonical(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        match &self.json {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(text) => (*text).to_owned(),
            Json::String(text) => quoted(text),
            Json::Array(items) => {
                let items: Vec<String> = items.iter().map(Node::canonical).collect();
                format!("[{}]", items.join(","))
            }
            Json::Object(members) => {
                let mut members: Vec<String> = members
                    .iter()
                    .map(|member| format!("{}:{}", quoted(&member.key), member.node.canonical()))
                    .collect();
                members.sort();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// What this is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match self.json {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "text",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}
