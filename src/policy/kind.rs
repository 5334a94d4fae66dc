//! Reading the types of attributes and parameters.

use crate::file::{File, Form};
use crate::json::Node;
use crate::model::{Code, Kind, Words};

const TYPES: [&str; 8] =
    ["bool", "enum", "integer", "duration", "version", "instant", "string", "set"];

/// Reads `type` and the lists of words that belong to it.
pub(crate) fn read_kind(
    file: &File<'_>,
    form: &Form<'_, '_>,
    name: &str,
    with_order: bool,
) -> Option<Kind> {
    let word = file.word(form.required("type")?, "`type`", &TYPES.map(|word| (word, word)))?;
    let lists = |allowed: &[&str]| {
        for key in ["values", "order"] {
            if let Some(node) = form.optional(key).filter(|_| with_order && !allowed.contains(&key))
            {
                let message = format!("`{name}` is of type `{word}`, which has no `{key}`");
                file.error(Code::MisplacedKey, node.at, message, None);
            }
        }
    };
    let kind = match word {
        "enum" => {
            lists(&["values", "order"]);
            return read_enum(file, form, name);
        }
        "set" => {
            lists(&["values"]);
            let values = form.optional("values").map(|node| words(file, node));
            return Some(Kind::Set(values));
        }
        "bool" => Kind::Bool,
        "integer" => Kind::Integer,
        "duration" => Kind::Duration,
        "version" => Kind::Version,
        "instant" => Kind::Instant,
        _ => Kind::String,
    };
    lists(&[]);
    Some(kind)
}

fn read_enum(file: &File<'_>, form: &Form<'_, '_>, name: &str) -> Option<Kind> {
    match (form.optional("values"), form.optional("order")) {
        (Some(values), None) => Some(Kind::Enum(Words::unordered(words(file, values)))),
        (None, Some(order)) => {
            let groups = file.items(order, "`order`")?.iter().map(|item| {
                if item.items().is_some() {
                    words(file, item)
                } else {
                    file.text(item, "a word of `order`")
                        .map(|word| vec![word.into()])
                        .unwrap_or_default()
                }
            });
            let groups: Vec<Vec<Box<str>>> = groups.collect();
            let mut all: Vec<&Box<str>> = groups.iter().flatten().collect();
            all.sort();
            if let Some(twice) = all.windows(2).find(|pair| pair.first() == pair.last()) {
                let message =
                    format!("`{}` is listed twice", twice.first().map_or("", |word| word));
                file.error(Code::DuplicateName, order.at, message, None);
            }
            if groups.is_empty() || groups.iter().any(Vec::is_empty) {
                file.error(
                    Code::EmptyList,
                    order.at,
                    "`order` has no words, or an empty list of them",
                    None,
                );
            }
            Some(Kind::Enum(Words::ordered(groups)))
        }
        _ => {
            let message = format!("the enum `{name}` needs either `values` or `order`");
            file.error(Code::MissingKey, form.at(), message, None);
            None
        }
    }
}

fn words(file: &File<'_>, node: &Node<'_>) -> Vec<Box<str>> {
    let mut words: Vec<Box<str>> = Vec::new();
    for (word, at) in file.texts(node, "a list of words") {
        if words.iter().any(|listed| **listed == *word) {
            file.error(Code::DuplicateName, at, format!("`{word}` is listed twice"), None);
        }
        words.push(word.into());
    }
    if words.is_empty() && node.items().is_some() {
        file.error(Code::EmptyList, node.at, "there are no words here", None);
    }
    words
}
