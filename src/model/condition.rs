//! Conditions, in Kleene's strong three-valued logic.

use super::{AttributeId, Duration, Value};

/// A condition over the attributes of a request.
#[derive(Clone, Debug)]
pub enum Condition {
    /// True when all parts are; so, without parts, always.
    All(Vec<Condition>),
    /// True when some part is; so, without parts, never.
    Any(Vec<Condition>),
    /// True when the part is false.
    Not(Box<Condition>),
    /// A constraint on an attribute.
    Test(AttributeId, Constraint),
}

impl Condition {
    /// The condition that is always true.
    pub fn always() -> Self {
        Self::All(Vec::new())
    }

    /// The condition that is true when both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut parts), other) => {
                parts.push(other);
                Self::All(parts)
            }
            (this, other) => Self::All(vec![this, other]),
        }
    }

    /// The condition that is true when this is false.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Calls `visit` with every constraint in it.
    pub fn each_test(&self, visit: &mut impl FnMut(AttributeId, &Constraint)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each_test(visit))
            }
            Self::Not(part) => part.each_test(visit),
            Self::Test(attribute, constraint) => visit(*attribute, constraint),
        }
    }
}

/// What is asked of the value of an attribute. Unknown where the value is, or where the other
/// attribute's is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Constraint {
    /// It is one of these.
    OneOf(Vec<Value>),
    /// It compares so with the value.
    Compare(Comparison, Value),
    /// It compares so with the value of another attribute.
    CompareWith(Comparison, AttributeId),
    /// It equals the value of another attribute.
    SameAs(AttributeId),
    /// It is a member of the set that another attribute is.
    In(AttributeId),
    /// It is a set that has so many of these words.
    Contains(Share, Vec<Box<str>>),
    /// It is a set that has so many of the words that another attribute is.
    ContainsOf(Share, AttributeId),
    /// It is a set without words.
    Empty,
    /// It is an instant whose distance from now, positive in the future, compares so.
    FromNow(Comparison, Duration),
}

/// How two ordered values compare.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Comparison {
    /// Not below.
    AtLeast,
    /// Not above.
    AtMost,
    /// Above.
    Above,
    /// Below.
    Below,
}

impl Comparison {
    /// Whether values that compare like `order` satisfy it. Values that do not compare never do.
    pub fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::Below => order.is_lt(),
        })
    }
}

/// How many of some words a set has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Share {
    /// At least one of them.
    Any,
    /// All of them.
    All,
}
