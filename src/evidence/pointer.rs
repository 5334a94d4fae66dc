//! Places in claims: JSON Pointers (RFC 6901) in which `*` stands for every member or item.

use crate::json::{Json, Node};

/// A JSON Pointer, perhaps with `*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pointer(Vec<Step>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    /// A member of an object, or the item of an array at that place.
    Named(Box<str>),
    /// Every member or item.
    Every,
}

impl Pointer {
    /// The whole.
    pub(super) fn whole() -> Self {
        Self(Vec::new())
    }

    /// Reads a pointer; `""` is the whole.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::whole());
        }
        let steps = text.strip_prefix('/')?.split('/').map(|step| match step {
            "*" => Step::Every,
            named => Step::Named(named.replace("~1", "/").replace("~0", "~").into()),
        });
        Some(Self(steps.collect()))
    }

    /// Whether it stands for one place only.
    pub(super) fn is_single(&self) -> bool {
        !self.0.contains(&Step::Every)
    }

    /// The first step, where it names a member.
    pub(super) fn first(&self) -> Option<&str> {
        match self.0.first()? {
            Step::Named(name) => Some(name),
            Step::Every => None,
        }
    }

    /// The values at the place, in their order; null is no value.
    pub(super) fn all<'n, 'd>(&self, node: &'n Node<'d>) -> Vec<&'n Node<'d>> {
        let mut found = vec![node];
        for step in &self.0 {
            found = found
                .into_iter()
                .flat_map(|node| match (step, &node.json) {
                    (Step::Named(_), _) => step.from(node).into_iter().collect(),
                    (Step::Every, Json::Array(items)) => items.iter().collect(),
                    (Step::Every, Json::Object(members)) => {
                        members.iter().map(|member| &member.node).collect()
                    }
                    (Step::Every, _) => Vec::new(),
                })
                .collect();
        }
        found.retain(|node| !matches!(node.json, Json::Null));
        found
    }

    /// Whether there is a value at the place.
    pub(super) fn is_in(&self, node: &Node<'_>) -> bool {
        if self.is_single() { self.one(node).is_some() } else { !self.all(node).is_empty() }
    }

    /// The value at the one place.
    pub(super) fn one<'n, 'd>(&self, node: &'n Node<'d>) -> Option<&'n Node<'d>> {
        Lookup::new(node).one(self)
    }
}

/// Claims in which places are looked up one after another. Most lie in the same object as the one
/// before, so that this is kept at hand.
#[derive(Debug)]
pub(super) struct Lookup<'p, 'n, 'd> {
    pub claims: &'n Node<'d>,
    way: &'p [Step],
    object: Option<&'n Node<'d>>,
}

impl<'p, 'n, 'd> Lookup<'p, 'n, 'd> {
    pub(super) fn new(claims: &'n Node<'d>) -> Self {
        Self { claims, way: &[], object: Some(claims) }
    }

    /// What the place that was looked up last is in.
    pub(super) fn object(&self) -> Option<&'n Node<'d>> {
        self.object
    }

    /// The value at the one place.
    pub(super) fn one(&mut self, place: &'p Pointer) -> Option<&'n Node<'d>> {
        let found = match place.0.split_last() {
            None => self.claims,
            Some((last, way)) => {
                if self.way != way {
                    self.way = way;
                    self.object = way.iter().try_fold(self.claims, |node, step| step.from(node));
                }
                last.from(self.object?)?
            }
        };
        (!matches!(found.json, Json::Null)).then_some(found)
    }
}

impl Step {
    /// The one value that a step leads to.
    fn from<'n, 'd>(&self, node: &'n Node<'d>) -> Option<&'n Node<'d>> {
        match (self, &node.json) {
            (Self::Named(name), Json::Array(items)) => items.get(index(name)?),
            (Self::Named(name), _) => node.member(name),
            (Self::Every, _) => None,
        }
    }
}

/// The place in an array that a step names: digits without leading zeros.
fn index(step: &str) -> Option<usize> {
    let plain = step == "0" || !step.starts_with(['0', '+']);
    step.parse().ok().filter(|_| plain)
}
