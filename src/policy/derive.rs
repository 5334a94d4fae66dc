//! What decision lists must keep to: the better value first, and no circles.

use std::cmp::Ordering;

use crate::file::File;
use crate::json::Node;
use crate::model::{Attribute, AttributeId, Better, Code, Constraint, Kind, Value, Vocabulary};

/// Refuses a branch that gives a worse value than a later one, unless it says `certain`: who
/// withholds the facts of such a branch gets the better value.
pub(crate) fn refuse_worse_first(file: &File<'_>, attribute: &Attribute, node: &Node<'_>) {
    let items = node.member("derive").and_then(Node::items).unwrap_or_default();
    for (position, branch) in attribute.derive.iter().enumerate() {
        let later = attribute.derive.iter().skip(position + 1);
        let better =
            later.map(|later| &later.value).find(|later| is_worse(attribute, &branch.value, later));
        if let Some(better) = better.filter(|_| !branch.certain) {
            let message = format!(
                "the value `{}` is worse than `{better}`, which a later branch gives",
                branch.value
            );
            let help = "put it after the better one, or add `\"certain\": true` if it should bite only on what is known";
            let at = items.get(position).map_or(node.at, |item| item.at);
            file.error(Code::WorseFirst, at, message, Some(help.into()));
        }
    }
}

/// Whether `left` is worse than `right`, by `better` and the order of the values.
pub(crate) fn is_worse(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    let order = match (&attribute.kind, left, right) {
        (Kind::Enum(words), Value::Text(left), Value::Text(right)) => {
            words.position(left).zip(words.position(right)).and_then(|(l, r)| words.compare(l, r))
        }
        _ => left.rank().zip(right.rank()).map(|(left, right)| left.cmp(&right)),
    };
    match attribute.better {
        Some(Better::Greater) => order == Some(Ordering::Less),
        Some(Better::Lesser) => order == Some(Ordering::Greater),
        None => false,
    }
}

/// The derived attributes in an order in which each comes after those that it uses.
///
/// # Errors
///
/// Some depend on each other in a circle: its members, each using the next and the last the first.
pub(crate) fn derivation_order(
    vocabulary: &Vocabulary,
) -> Result<Vec<AttributeId>, Vec<AttributeId>> {
    let mut search = Search {
        vocabulary,
        state: vec![State::New; vocabulary.attributes().len()],
        path: vec![],
        order: vec![],
    };
    for id in vocabulary.attribute_ids() {
        search.visit(id)?;
    }
    Ok(search.order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Search<'v> {
    vocabulary: &'v Vocabulary,
    state: Vec<State>,
    path: Vec<AttributeId>,
    order: Vec<AttributeId>,
}

impl Search<'_> {
    fn visit(&mut self, id: AttributeId) -> Result<(), Vec<AttributeId>> {
        let attribute = &self.vocabulary[id];
        let Some(state) = self.state.get_mut(id.index()) else { return Ok(()) };
        match *state {
            State::Done => return Ok(()),
            State::Open => {
                let start = self.path.iter().position(|open| *open == id).unwrap_or(0);
                return Err(self.path.split_off(start));
            }
            State::New => *state = State::Open,
        }
        self.path.push(id);
        let mut used = Vec::new();
        for branch in &attribute.derive {
            branch.when.each_test(&mut |attribute, constraint| {
                used.push(attribute);
                used.extend(other_attribute(constraint));
            });
        }
        for attribute in used {
            self.visit(attribute)?;
        }
        self.path.pop();
        if attribute.is_derived() {
            self.order.push(id);
        }
        if let Some(state) = self.state.get_mut(id.index()) {
            *state = State::Done;
        }
        Ok(())
    }
}

/// The attribute that a constraint compares with.
pub(crate) fn other_attribute(constraint: &Constraint) -> Option<AttributeId> {
    match constraint {
        Constraint::CompareWith(_, other)
        | Constraint::SameAs(other)
        | Constraint::In(other)
        | Constraint::ContainsOf(_, other) => Some(*other),
        Constraint::OneOf(_)
        | Constraint::Compare(..)
        | Constraint::Contains(..)
        | Constraint::Empty
        | Constraint::FromNow(..) => None,
    }
}
