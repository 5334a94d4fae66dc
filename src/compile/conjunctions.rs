//! Conditions, multiplied out: a disjunction of conjunctions of constraints on columns.
//!
//! Kleene's logic is a distributive lattice with De Morgan's laws, so a condition is as true as the
//! truest of its conjunctions, and a conjunction as true as its least true part. A part is certainly
//! true for some classes and not certainly false for those and *unknown*.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::columns::{Columns, Literal, Literals};
use crate::model::Condition;
use crate::program::{ClassSet, ColumnId, Part, UNKNOWN};

/// A conjunction: at most one part a column.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Product(BTreeMap<ColumnId, (ClassSet, ClassSet)>);

/// Sets of classes, each kept once.
#[derive(Debug, Default)]
pub(super) struct Sets(BTreeSet<Arc<ClassSet>>);

impl Sets {
    fn shared(&mut self, set: ClassSet) -> Arc<ClassSet> {
        if let Some(known) = self.0.get(&set) {
            return Arc::clone(known);
        }
        let set = Arc::new(set);
        self.0.insert(Arc::clone(&set));
        set
    }
}

/// More conjunctions than the limit.
pub(super) struct TooMany;

impl Product {
    /// Both; `None` where no request can meet both, even possibly.
    fn and(&self, other: &Self) -> Option<Self> {
        let mut product = self.0.clone();
        for (column, (certain, possible)) in &other.0 {
            let part = product.entry(*column);
            let (certain, possible) = match part {
                std::collections::btree_map::Entry::Vacant(part) => {
                    part.insert((certain.clone(), possible.clone()));
                    continue;
                }
                std::collections::btree_map::Entry::Occupied(ref part) => {
                    let (old_certain, old_possible) = part.get();
                    (old_certain.intersection(certain), old_possible.intersection(possible))
                }
            };
            if possible.is_empty() {
                return None;
            }
            product.insert(*column, (certain, possible));
        }
        Some(Self(product))
    }

    /// The same, where being possible is enough.
    pub(super) fn loosened(self) -> Self {
        Self(
            self.0
                .into_iter()
                .map(|(column, (_, possible))| (column, (possible.clone(), possible)))
                .collect(),
        )
    }

    /// Whether some request meets it certainly.
    pub(super) fn can_be_certain(&self) -> bool {
        self.0.values().all(|(certain, _)| !certain.is_empty())
    }

    pub(super) fn into_parts(self, sets: &mut Sets) -> Vec<Part> {
        let part = |(column, (certain, possible))| Part {
            column,
            certain: sets.shared(certain),
            possible: sets.shared(possible),
        };
        self.0.into_iter().map(part).collect()
    }

    fn literal(literal: Literal, negated: bool) -> Self {
        let Literal { column, classes, truth } = literal;
        let certain =
            ClassSet::of(classes, |class| class != UNKNOWN && truth.contains(class) != negated);
        let possible = ClassSet::of(classes, |class| class == UNKNOWN || certain.contains(class));
        Self(BTreeMap::from([(column, (certain, possible))]))
    }
}

/// Multiplies conditions out.
#[derive(Clone, Copy)]
pub(super) struct Multiplier<'a> {
    pub(super) columns: &'a Columns<'a>,
    pub(super) limit: usize,
}

impl Multiplier<'_> {
    /// The conjunctions of a condition: none where it is never true, one without parts where it
    /// always is.
    pub(super) fn products(&self, condition: &Condition) -> Result<Vec<Product>, TooMany> {
        self.signed(condition, false)
    }

    /// The conjunctions of both.
    pub(super) fn and(&self, left: &[Product], right: &[Product]) -> Result<Vec<Product>, TooMany> {
        let pairs = left.iter().flat_map(|left| right.iter().filter_map(|right| left.and(right)));
        self.within_limit(pairs)
    }

    fn signed(&self, condition: &Condition, negated: bool) -> Result<Vec<Product>, TooMany> {
        match condition {
            Condition::Not(part) => self.signed(part, !negated),
            Condition::Test(attribute, constraint) => {
                match self.columns.literals(*attribute, constraint) {
                    Some(Literals::All(literals)) => self.literals(literals, negated, !negated),
                    Some(Literals::Any(literals)) => self.literals(literals, negated, negated),
                    // Not reached: every test was noted before the columns were made.
                    None => Err(TooMany),
                }
            }
            Condition::All(parts) if !negated => self.all(parts, negated),
            Condition::Any(parts) if negated => self.all(parts, negated),
            Condition::All(parts) | Condition::Any(parts) => {
                let mut sum = Vec::new();
                for part in parts {
                    sum.extend(self.signed(part, negated)?);
                    self.within_limit(sum.iter())?;
                }
                Ok(sum)
            }
        }
    }

    fn all(&self, parts: &[Condition], negated: bool) -> Result<Vec<Product>, TooMany> {
        let mut product = vec![Product::default()];
        for part in parts {
            product = self.and(&product, &self.signed(part, negated)?)?;
        }
        Ok(product)
    }

    fn literals(
        &self,
        literals: Vec<Literal>,
        negated: bool,
        all: bool,
    ) -> Result<Vec<Product>, TooMany> {
        let each = literals.into_iter().map(|literal| Product::literal(literal, negated));
        if !all {
            return self.within_limit(each);
        }
        let product =
            each.into_iter().try_fold(Product::default(), |product, literal| product.and(&literal));
        Ok(product.into_iter().collect())
    }

    fn within_limit<T>(&self, items: impl Iterator<Item = T>) -> Result<Vec<T>, TooMany> {
        let mut kept = Vec::new();
        for item in items {
            if kept.len() >= self.limit {
                return Err(TooMany);
            }
            kept.push(item);
        }
        Ok(kept)
    }
}
