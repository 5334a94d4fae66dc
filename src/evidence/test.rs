//! What mapping files ask of claims.

use super::pointer::Pointer;
use crate::file::File;
use crate::json::{Json, Node};
use crate::model::Code;

/// A conjunction of tests of places, and of alternatives.
#[derive(Clone, Debug, Default)]
pub(super) struct When {
    tests: Vec<(Pointer, Test)>,
    any: Vec<When>,
}

/// A test of the values at a place. One value that passes is enough, unless it says otherwise.
#[derive(Clone, Debug)]
enum Test {
    /// The very value: text, a whole number, true or false.
    Is(Literal),
    /// One of the tests.
    Any(Vec<Test>),
    /// None of the values passes.
    Not(Box<Test>),
    /// There are values, and all of them pass.
    Every(Box<Test>),
    /// Whether there are values.
    Present(bool),
    /// A whole number within bounds.
    Within(i64, i64),
    /// An array with such an item.
    Contains(Box<Test>),
    /// An object or array whose own places pass.
    Where(When),
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Literal {
    Bool(bool),
    Integer(i64),
    Text(Box<str>),
}

impl When {
    pub(super) fn holds(&self, node: &Node<'_>) -> bool {
        self.tests.iter().all(|(pointer, test)| test.holds(&pointer.all(node)))
            && (self.any.is_empty() || self.any.iter().any(|when| when.holds(node)))
    }

    /// The places that it looks at.
    pub(super) fn places(&self) -> Vec<&Pointer> {
        let own = self.tests.iter().map(|(pointer, _)| pointer);
        own.chain(self.any.iter().flat_map(Self::places)).collect()
    }

    /// Reads a condition: tests by pointer, and `any`.
    pub(super) fn read(file: &File<'_>, node: &Node<'_>) -> Option<Self> {
        let mut when = Self::default();
        let members = file.members(node, "a condition on claims")?;
        if members.is_empty() {
            let help = "leave `when` out where it always holds";
            file.error(Code::EmptyList, node.at, "the condition is empty", Some(help.to_owned()));
        }
        for member in members {
            if member.key == "any" {
                let items = file.items(&member.node, "`any`")?;
                if items.is_empty() {
                    file.error(Code::EmptyList, member.node.at, "`any` has no items", None);
                }
                when.any.extend(items.iter().filter_map(|item| Self::read(file, item)));
            } else if let Some(pointer) = read_pointer(file, &member.key, member.at) {
                when.tests.push((pointer, Test::read(file, &member.node)?));
            }
        }
        Some(when)
    }
}

impl Test {
    fn holds(&self, found: &[&Node<'_>]) -> bool {
        match self {
            Self::Not(test) => !test.holds(found),
            Self::Present(present) => *present != found.is_empty(),
            Self::Every(test) => !found.is_empty() && found.iter().all(|node| test.holds(&[node])),
            Self::Any(tests) => tests.iter().any(|test| test.holds(found)),
            Self::Is(literal) => found.iter().any(|node| literal.is(node)),
            Self::Within(least, most) => found
                .iter()
                .any(|node| node.integer().is_some_and(|n| (*least..=*most).contains(&n))),
            Self::Contains(test) => found.iter().any(|node| {
                node.items().is_some_and(|items| items.iter().any(|item| test.holds(&[item])))
            }),
            Self::Where(when) => found.iter().any(|node| when.holds(node)),
        }
    }

    fn read(file: &File<'_>, node: &Node<'_>) -> Option<Self> {
        let boxed = |node: &Node<'_>| Self::read(file, node).map(Box::new);
        match &node.json {
            Json::Bool(value) => Some(Self::Is(Literal::Bool(*value))),
            Json::String(text) => Some(Self::Is(Literal::Text(text.as_ref().into()))),
            Json::Number(_) => match node.integer() {
                Some(number) => Some(Self::Is(Literal::Integer(number))),
                None => {
                    file.wrong_type(node, "a number of a test", "a whole number");
                    None
                }
            },
            Json::Array(items) => {
                if items.is_empty() {
                    file.error(Code::EmptyList, node.at, "no value is one of none", None);
                }
                Some(Self::Any(items.iter().filter_map(|item| Self::read(file, item)).collect()))
            }
            Json::Null => {
                file.wrong_type(node, "a test", "a value, an array of them, or an object");
                None
            }
            Json::Object(_) => {
                const KEYS: [&str; 7] =
                    ["not", "every", "present", "at_least", "at_most", "contains", "where"];
                let form = file.form(node, "a test", &KEYS)?;
                let bound = |key: &str| {
                    let node = form.optional(key)?;
                    let number = node.integer();
                    if number.is_none() {
                        file.wrong_type(node, &format!("`{key}`"), "a whole number");
                    }
                    number
                };
                let (least, most) = (bound("at_least"), bound("at_most"));
                let given: Vec<&str> =
                    KEYS.into_iter().filter(|key| form.optional(key).is_some()).collect();
                match given.as_slice() {
                    ["at_least" | "at_most"] | ["at_least", "at_most"] => {
                        Some(Self::Within(least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX)))
                    }
                    [key] => {
                        let value = form.optional(key)?;
                        match *key {
                            "not" => boxed(value).map(Self::Not),
                            "every" => boxed(value).map(Self::Every),
                            "contains" => boxed(value).map(Self::Contains),
                            "where" => When::read(file, value).map(Self::Where),
                            _ => file.bool(value, "`present`").map(Self::Present),
                        }
                    }
                    _ => {
                        let message = "a test has one key, or `at_least` with `at_most`";
                        file.error(Code::WrongType, node.at, message, None);
                        None
                    }
                }
            }
        }
    }
}

impl Literal {
    fn is(&self, node: &Node<'_>) -> bool {
        match self {
            Self::Bool(value) => node.bool() == Some(*value),
            Self::Integer(value) => node.integer() == Some(*value),
            Self::Text(text) => node.text() == Some(text),
        }
    }
}

/// The pointer that a text must be.
pub(super) fn read_pointer(file: &File<'_>, text: &str, at: usize) -> Option<Pointer> {
    let pointer = Pointer::parse(text);
    if pointer.is_none() {
        let message = format!("`{text}` is no place in the claims");
        let help = "write a JSON Pointer, `/device/id`; `*` stands for every member or item";
        file.error(Code::MalformedValue, at, message, Some(help.to_owned()));
    }
    pointer
}
