//! AuthZEN requests: bytes to requests.

use crate::decide::Request;
use crate::json::{self, Json, JsonLimits, Node, Place};
use crate::model::{Given, Limits};
use crate::program::path_of;

/// Why bytes are no AuthZEN request; for HTTP, status 400.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("request:{at}: {message}")]
pub struct BadRequest {
    /// Where the trouble is.
    pub at: Place,
    /// What it is.
    pub message: String,
}

/// The four members that make one evaluation.
const MEMBERS: [&str; 4] = ["subject", "action", "resource", "context"];

/// When a batch stops (Authorization API 1.0, section 7.1.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Semantic {
    /// After the last evaluation.
    ExecuteAll,
    /// After the first refusal.
    DenyOnFirstDeny,
    /// After the first permit.
    PermitOnFirstPermit,
}

/// A document that asks for one decision, or for several.
#[derive(Debug)]
pub enum Asked<'a> {
    /// One decision.
    One(Evaluation<'a>),
    /// Several, each of which may be malformed by itself.
    Batch(Semantic, Vec<Result<Evaluation<'a>, String>>),
}

/// One well-formed evaluation: where its four members stand.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// `subject`, `action`, `resource` and `context`; the last may be missing.
    members: [Option<&'a Node<'a>>; 4],
}

/// Reads a document.
///
/// # Errors
///
/// The bytes are not one strict JSON document within the limits.
pub fn document<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Node<'a>, BadRequest> {
    let limits = JsonLimits { bytes: limits.request_bytes, depth: limits.depth };
    json::read(bytes, &limits).map_err(|errors| {
        let first = errors.into_iter().next();
        let (at, message) = first.map_or((Place { line: 1, column: 1 }, String::new()), |error| {
            (error.at, error.message)
        });
        BadRequest { at, message }
    })
}

/// What a document asks.
///
/// # Errors
///
/// A required member is missing or has the wrong type; in a batch, only what concerns the whole.
pub fn asked<'a>(
    bytes: &[u8],
    node: &'a Node<'a>,
    limits: &Limits,
) -> Result<Asked<'a>, BadRequest> {
    let refuse = |Trouble { at, message }| BadRequest { at: Place::of(bytes, at), message };
    object(node, "a request").map_err(refuse)?;
    let own = MEMBERS.map(|member| node.member(member));
    let items = match node.member("evaluations") {
        None => &[],
        Some(list) => list.items().ok_or_else(|| {
            refuse(Trouble::at(list, format!("`evaluations` is an array, not {}", list.kind())))
        })?,
    };
    if items.is_empty() {
        return Evaluation::of(own, node).map(Asked::One).map_err(refuse);
    }
    if items.len() > limits.batch {
        let message =
            format!("there are {} evaluations; at most {} are decided", items.len(), limits.batch);
        return Err(refuse(Trouble::at(node, message)));
    }
    let options = node.member("options");
    options.map_or(Ok(()), |options| object(options, "`options`")).map_err(refuse)?;
    let semantic = match options.and_then(|options| options.member("evaluations_semantic")) {
        None => Semantic::ExecuteAll,
        Some(word) => match word.text() {
            Some("execute_all") => Semantic::ExecuteAll,
            Some("deny_on_first_deny") => Semantic::DenyOnFirstDeny,
            Some("permit_on_first_permit") => Semantic::PermitOnFirstPermit,
            _ => {
                let message = "`evaluations_semantic` is `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`";
                return Err(refuse(Trouble::at(word, message.to_owned())));
            }
        },
    };
    // A member of an item replaces that of the document as a whole: nothing is merged.
    let item = |item: &'a Node<'a>| {
        object(item, "an evaluation").map_err(|trouble| trouble.message)?;
        let mut members = own;
        for (place, member) in members.iter_mut().zip(MEMBERS) {
            *place = item.member(member).or(*place);
        }
        Evaluation::of(members, item).map_err(|trouble| trouble.message)
    };
    Ok(Asked::Batch(semantic, items.iter().map(item).collect()))
}

/// What is wrong with an evaluation, and the offset where.
#[derive(Debug)]
struct Trouble {
    at: usize,
    message: String,
}

impl Trouble {
    fn at(node: &Node<'_>, message: String) -> Self {
        Self { at: node.at, message }
    }
}

impl<'a> Evaluation<'a> {
    /// Checks the members that the specification requires (sections 5.1 to 5.4, 6.1). `whole` is
    /// where a member that is missing would stand.
    fn of(members: [Option<&'a Node<'a>>; 4], whole: &Node<'_>) -> Result<Self, Trouble> {
        const REQUIRED: [&[&str]; 3] = [&["type", "id"], &["name"], &["type", "id"]];
        for ((member, name), required) in members.iter().zip(MEMBERS).zip(REQUIRED) {
            let missing = || Trouble::at(whole, format!("`{name}` is missing"));
            let node = member.ok_or_else(missing)?;
            object(node, &format!("`{name}`"))?;
            for key in required {
                let missing = || Trouble::at(node, format!("`{name}.{key}` is missing"));
                let value = node.member(key).ok_or_else(missing)?;
                if value.text().is_none() {
                    let message = format!("`{name}.{key}` is text, not {}", value.kind());
                    return Err(Trouble::at(value, message));
                }
            }
            if let Some(properties) = node.member("properties") {
                object(properties, &format!("`{name}.properties`"))?;
            }
        }
        if let [.., Some(context)] = members {
            object(context, "`context`")?;
        }
        Ok(Self { members })
    }

    /// States the values of the evaluation.
    pub fn state(&self, request: &mut Request) {
        request.reset();
        let program = std::sync::Arc::clone(request.program());
        for attribute in program.vocabulary.attributes() {
            if let Some(node) = self.find(&attribute.name) {
                state(request, &attribute.name, node);
            }
        }
    }

    /// The value of an attribute.
    fn find(&self, name: &str) -> Option<&'a Node<'a>> {
        let mut path = path_of(name);
        let first = path.next();
        let place = MEMBERS.iter().position(|member| Some(*member) == first)?;
        path.try_fold(*self.members.get(place)?.as_ref()?, |node, name| node.member(name))
    }
}

fn object(node: &Node<'_>, what: &str) -> Result<(), Trouble> {
    let wrong = || Trouble::at(node, format!("{what} is an object, not {}", node.kind()));
    node.members().map(|_| ()).ok_or_else(wrong)
}

/// States one value, as JSON has it.
fn state(request: &mut Request, name: &str, node: &Node<'_>) {
    match &node.json {
        Json::Null => request.unset(name),
        Json::Bool(value) => request.set(name, *value),
        Json::Number(_) => {
            request.set(name, node.integer().map_or(Given::Malformed, Given::Integer))
        }
        Json::String(text) => request.set(name, text.as_ref()),
        Json::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(Node::text).collect();
            request.set(name, words.as_deref().map_or(Given::Malformed, Given::Words))
        }
        Json::Object(_) => request.set(name, Given::Malformed),
    };
}
