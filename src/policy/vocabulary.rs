//! Reading vocabularies: the standard one, which ships, and those that extend it or stand alone.

use super::condition::{Scope, literal};
use super::kind::read_kind;
use super::obligations::{declare_obligation, obligation};
use crate::file::{File, Form};
use crate::json::{Member, Node};
use crate::model::{
    Attribute, AttributeId, Better, Branch, Code, Condition, Finding, Findings, Kind, Limits,
    RemedyBy, RemedyTerms, Say, SetBy, TIME, Value, Vocabulary,
};

/// The name of the vocabulary that ships.
pub(crate) const STANDARD: &str = "standard";

/// The text of the vocabulary that ships.
pub const STANDARD_TEXT: &str = include_str!("../../policies/standard.json");

const ATTRIBUTE_KEYS: [&str; 11] = [
    "type", "means", "values", "order", "unit", "better", "absent", "source", "derive", "remedy",
    "hidden",
];
/// What an extending vocabulary may state of a standard attribute.
const EXTENSION_KEYS: [&str; 5] = ["absent", "remedy", "values", "means", "hidden"];

/// Reads the vocabulary that ships.
///
/// # Errors
///
/// None: a test holds that it reads without findings. The type is that of any vocabulary.
pub fn standard(limits: &Limits) -> Result<Vocabulary, Findings> {
    let file = File::new("standard", STANDARD_TEXT.as_bytes());
    let document = file.document(&Limits::default());
    let vocabulary = document.and_then(|node| read_vocabulary(&file, &node, limits));
    let found = Findings::or_warnings(file.into_findings());
    match (vocabulary, found) {
        (Some(vocabulary), Ok(_)) => Ok(vocabulary),
        (_, Err(findings)) => Err(findings),
        (None, Ok(warnings)) => {
            Err(Findings::or_warnings(warnings).map_or_else(|f| f, |_| unread()))
        }
    }
}

/// A document that gave neither a vocabulary nor an error.
fn unread() -> Findings {
    Finding {
        code: Code::WrongType,
        severity: crate::model::Severity::Error,
        file: STANDARD.to_owned(),
        at: crate::json::Place { line: 1, column: 1 },
        message: "this is not a vocabulary".to_owned(),
        help: None,
    }
    .into()
}

/// Reads a vocabulary file; `None` where its outline is wrong. Errors are noted in `file`.
pub(crate) fn read_vocabulary(
    file: &File<'_>,
    node: &Node<'_>,
    limits: &Limits,
) -> Option<Vocabulary> {
    let form = file.form(
        node,
        "a vocabulary",
        &["vocabulary", "extends", "means", "attributes", "obligations"],
    )?;
    form.required_text("vocabulary");
    let mut vocabulary = match form.optional("extends") {
        Some(extends) => {
            file.word(extends, "`extends`", &[(STANDARD, ())])?;
            let noted = |findings: Findings| {
                let first = findings.list().first().map(|found| (found.code, &found.message));
                if let Some((code, message)) = first {
                    let message = format!("the standard vocabulary: {message}");
                    file.error(code, extends.at, message, None);
                }
            };
            standard(limits).map_err(noted).ok()?
        }
        None => Vocabulary::default(),
    };
    let standard_attributes = vocabulary.attributes().len();
    let standard_obligations = vocabulary.obligations().len();
    if let Some(obligations) = form.optional("obligations") {
        for member in file.members(obligations, "`obligations`").unwrap_or_default() {
            declare_obligation(file, &mut vocabulary, member, standard_obligations, limits);
        }
    }
    let members = form.optional("attributes").and_then(|node| file.members(node, "`attributes`"));
    let members = members.unwrap_or_default();
    let declared =
        declare_attributes(file, &mut vocabulary, members, standard_attributes, None, limits);
    link_attributes(file, &mut vocabulary, &declared, None);
    Some(vocabulary)
}

/// Declares attributes whose references are still to be read by [`link_attributes`].
pub(crate) fn declare_attributes<'n, 'd>(
    file: &File<'_>,
    vocabulary: &mut Vocabulary,
    members: &'n [Member<'d>],
    standard: usize,
    policy: Option<&str>,
    limits: &Limits,
) -> Vec<(AttributeId, &'n Node<'d>)> {
    let mut declared = Vec::new();
    for member in members {
        let name = member.key.as_ref();
        check_name(file, name, member.at);
        let known = vocabulary.attribute(name);
        if known.is_none() && vocabulary.attributes().len() >= limits.attributes {
            let message = format!("there are more than {} attributes", limits.attributes);
            file.error(Code::OverLimit, member.at, message, None);
            break;
        }
        let id = match known {
            Some(id) if policy.is_none() && id.index() < standard => {
                extend_attribute(file, vocabulary, id, &member.node);
                Some(id)
            }
            Some(_) => {
                let message = format!("the attribute `{name}` exists already");
                file.error(
                    Code::DuplicateName,
                    member.at,
                    message,
                    Some("choose another name".into()),
                );
                None
            }
            None => declare_attribute(file, vocabulary, member, policy),
        };
        declared.extend(id.map(|id| (id, &member.node)));
    }
    declared
}

fn check_name(file: &File<'_>, name: &str, at: usize) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let well_formed = name.chars().all(allowed)
        && name.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_lowercase()));
    if !well_formed || ["any", "all", "not"].contains(&name) {
        let help =
            "use lower-case words joined by `.`, `_` or `-`; `any`, `all` and `not` are taken";
        file.error(
            Code::BadName,
            at,
            format!("`{name}` cannot be the name of an attribute"),
            Some(help.into()),
        );
    }
}

fn declare_attribute(
    file: &File<'_>,
    vocabulary: &mut Vocabulary,
    member: &Member<'_>,
    policy: Option<&str>,
) -> Option<AttributeId> {
    let name = member.key.as_ref();
    let what = format!("the attribute `{name}`");
    let form = file.form(&member.node, &what, &ATTRIBUTE_KEYS)?;
    let kind = read_kind(file, &form, name, true)?;
    if name == TIME && kind != Kind::Instant {
        file.error(Code::WrongType, member.at, format!("`{TIME}` is an instant"), None);
    }
    let better = form.optional("better").and_then(|node| read_better(file, &kind, node));
    let derived = form.optional("derive").is_some();
    let source = form.optional("source").and_then(|node| {
        file.word(node, "`source`", &[("host", SetBy::Host), ("evidence", SetBy::Evidence)])
    });
    let absent = form.optional("absent").and_then(|node| {
        let source = source.unwrap_or(SetBy::Host);
        read_absent(file, name, &kind, source, derived, node)
    });
    if policy.is_some() && !derived {
        let help = "give it `derive`, or declare it in the vocabulary".to_owned();
        let message = format!("a policy's own attribute `{name}` is not derived");
        file.error(Code::BadDerive, member.at, message, Some(help));
    }
    if derived && source.is_some() {
        let message = format!("`{name}` is derived: it has no `source`");
        file.error(Code::BadDerive, member.at, message, None);
    }
    let attribute = Attribute {
        name: name.to_owned(),
        means: form.optional_text("means"),
        kind,
        unit: form.optional_text("unit"),
        better,
        absent,
        source: source.unwrap_or(SetBy::Host),
        derive: Vec::new(),
        remedy: None,
        hidden: form.flag("hidden"),
        policy: policy.map(str::to_owned),
    };
    vocabulary.declare(attribute)
}

fn extend_attribute(
    file: &File<'_>,
    vocabulary: &mut Vocabulary,
    id: AttributeId,
    node: &Node<'_>,
) {
    let Some(members) = file.members(node, "an attribute") else { return };
    let Some(attribute) = vocabulary.attribute_mut(id) else { return };
    for member in members {
        if !EXTENSION_KEYS.contains(&member.key.as_ref()) {
            let message =
                format!("`{}` of the standard attribute `{}` is fixed", member.key, attribute.name);
            let help = "a vocabulary may set its `absent`, `remedy` and further `values`; for anything else declare an attribute of your own";
            file.error(Code::StandardFixed, member.at, message, Some(help.into()));
        }
    }
    if let Some(values) = node.member("values") {
        for (word, at) in file.texts(values, "`values`") {
            add_word(file, attribute, word, at);
        }
    }
    if let Some(hidden) = node.member("hidden") {
        attribute.hidden |= file.bool(hidden, "`hidden`").unwrap_or(false);
    }
    if let Some(absent) = node.member("absent") {
        let derived = attribute.is_derived();
        attribute.absent =
            read_absent(file, &attribute.name, &attribute.kind, attribute.source, derived, absent);
    }
}

fn add_word(file: &File<'_>, attribute: &mut Attribute, word: &str, at: usize) {
    let name = &attribute.name;
    let taken = match &mut attribute.kind {
        Kind::Enum(words) if !words.is_ordered() => {
            let taken = words.position(word).is_some();
            words.push(word.into());
            taken
        }
        Kind::Set(Some(words)) => {
            let taken = words.iter().any(|listed| **listed == *word);
            words.push(word.into());
            taken
        }
        _ => {
            let message = format!("`{name}` takes no further words");
            file.error(Code::StandardFixed, at, message, None);
            false
        }
    };
    if taken {
        file.error(
            Code::DuplicateName,
            at,
            format!("`{word}` is a word of `{name}` already"),
            None,
        );
    }
}

fn read_better(file: &File<'_>, kind: &Kind, node: &Node<'_>) -> Option<Better> {
    let found = match kind {
        Kind::Bool => {
            node.bool().map(|better| if better { Better::Greater } else { Better::Lesser })
        }
        Kind::Instant => match node.text() {
            Some("later") => Some(Better::Greater),
            Some("earlier") => Some(Better::Lesser),
            _ => None,
        },
        kind if kind.is_ordered() => match node.text() {
            Some("higher") => Some(Better::Greater),
            Some("lower") => Some(Better::Lesser),
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        let help = "`true` or `false` for a bool, \"later\" or \"earlier\" for an instant, \"higher\" or \"lower\" for other ordered types";
        let message = format!("this `better` does not fit the type `{}`", kind.word());
        file.error(Code::BadBetter, node.at, message, Some(help.into()));
    }
    found
}

fn read_absent(
    file: &File<'_>,
    name: &str,
    kind: &Kind,
    source: SetBy,
    derived: bool,
    node: &Node<'_>,
) -> Option<Value> {
    let trouble = if source == SetBy::Evidence {
        "only evidence sets it: what is not proved is unknown"
    } else if derived {
        "it is derived: its last branch says what missing facts come to"
    } else {
        return literal(file, name, kind, node);
    };
    file.error(Code::BadAbsent, node.at, format!("`{name}` cannot have `absent`: {trouble}"), None);
    None
}

/// Reads what attributes say of obligations and of each other: `remedy` and `derive`.
pub(crate) fn link_attributes(
    file: &File<'_>,
    vocabulary: &mut Vocabulary,
    declared: &[(AttributeId, &Node<'_>)],
    policy: Option<&str>,
) {
    for (id, node) in declared {
        let scope = Scope { file, vocabulary, policy };
        let remedy = node.member("remedy").and_then(|node| read_remedy(&scope, *id, node));
        let derive = node.member("derive").map(|node| read_derive(&scope, *id, node));
        let Some(attribute) = vocabulary.attribute_mut(*id) else { continue };
        if remedy.is_some() {
            attribute.remedy = remedy;
        }
        let Some(branches) = derive.filter(|branches| !branches.is_empty()) else { continue };
        attribute.better = attribute.better.or(match branches.last().map(|branch| &branch.value) {
            Some(Value::Bool(true)) => Some(Better::Lesser),
            Some(Value::Bool(false)) => Some(Better::Greater),
            _ => None,
        });
        attribute.derive = branches;
        let attribute = attribute.clone();
        super::derive::refuse_worse_first(file, &attribute, node);
    }
}

fn read_remedy(scope: &Scope<'_>, id: AttributeId, node: &Node<'_>) -> Option<RemedyTerms> {
    const BY: [(&str, RemedyBy); 4] = [
        ("user", RemedyBy::User),
        ("administrator", RemedyBy::Administrator),
        ("information-owner", RemedyBy::InformationOwner),
        ("nobody", RemedyBy::Nobody),
    ];
    let (file, attribute) = (scope.file, &scope.vocabulary[id]);
    let form = file.form(node, "a remedy", &["by", "say", "obligation"])?;
    let by = file.word(form.required("by")?, "`by`", &BY)?;
    let say = match form.optional("say") {
        Some(node) if node.members().is_some() => {
            let texts = file.members(node, "`say`")?.iter().filter_map(|member| {
                let value = match &attribute.kind {
                    Kind::Bool if member.key == "true" => Value::Bool(true),
                    Kind::Bool if member.key == "false" => Value::Bool(false),
                    Kind::Enum(words) if words.position(&member.key).is_some() => {
                        Value::Text(member.key.as_ref().into())
                    }
                    Kind::Enum(words) => {
                        let words = words.list().iter().map(|word| &**word);
                        file.unknown_word(
                            member.at,
                            &format!("`{}`", attribute.name),
                            &member.key,
                            words,
                        );
                        return None;
                    }
                    _ => {
                        let message = format!(
                            "`say` by value does not fit the type `{}`",
                            attribute.kind.word()
                        );
                        file.error(Code::WrongType, member.at, message, None);
                        return None;
                    }
                };
                Some((value, file.text(&member.node, "`say`")?.to_owned()))
            });
            Say::For(texts.collect())
        }
        Some(node) => Say::Always(file.text(node, "`say`")?.to_owned()),
        None if by == RemedyBy::Nobody => Say::Always(String::new()),
        None => {
            form.required("say");
            return None;
        }
    };
    let obligation = form.optional("obligation").and_then(|node| {
        let name = file.text(node, "`obligation`")?;
        obligation(file, scope.vocabulary, name, node.at)
    });
    Some(RemedyTerms { by, say, obligation })
}

fn read_derive(scope: &Scope<'_>, id: AttributeId, node: &Node<'_>) -> Vec<Branch> {
    let (file, attribute) = (scope.file, &scope.vocabulary[id]);
    let refuse = |at, message: &str| file.error(Code::BadDerive, at, message, None);
    match &attribute.kind {
        Kind::Bool => {}
        Kind::Enum(words) if words.is_ordered() && attribute.better.is_some() => {}
        Kind::Enum(_) => refuse(node.at, "a derived enum declares `order` and `better`"),
        _ => refuse(node.at, "only a bool or an ordered enum can be derived"),
    }
    let items = file.items(node, "`derive`").unwrap_or_default();
    if items.is_empty() {
        refuse(node.at, "`derive` has no branches");
    }
    let mut branches = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let last = position + 1 == items.len();
        let Some(form) =
            file.form(item, "a branch of `derive`", &["value", "when", "unless", "certain"])
        else {
            continue;
        };
        let value = form
            .required("value")
            .and_then(|node| scope.literal(&attribute.name, &attribute.kind, node));
        let when = form.optional("when").or(form.optional("unless"));
        match (last, when) {
            (true, Some(condition)) => refuse(
                condition.at,
                "the last branch has no condition: it is what a request that proves nothing gets",
            ),
            (false, None) => refuse(item.at, "only the last branch has no condition"),
            _ => {}
        }
        let Some((value, when)) = value.zip(when_unless(scope, &form)) else { continue };
        branches.push(Branch { value, when, certain: form.flag("certain") });
    }
    branches
}

/// `when`, and not `unless`; always, where both are left out.
pub(crate) fn when_unless(scope: &Scope<'_>, form: &Form<'_, '_>) -> Option<Condition> {
    let when = form.optional("when").map(|node| scope.condition(node));
    let unless = form.optional("unless").map(|node| scope.condition(node));
    let when = when.unwrap_or_else(|| Some(Condition::always()));
    match unless {
        None => when,
        Some(unless) => when.zip(unless).map(|(when, unless)| when.and(unless.negate())),
    }
}
