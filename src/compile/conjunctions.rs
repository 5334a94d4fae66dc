//! Conditions, multiplied out: a disjunction of conjunctions of constraints on columns.
//!
//! Kleene's logic is a distributive lattice with De Morgan's laws, so a condition is as true as the
//! truest of its conjunctions, and a conjunction as true as its least true part. A part is certainly
//! true for some classes and not certainly false for those and *unknown*.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::columns::{Columns, Literal, Literals};
use crate::model::Condition;
use crate::program::{ClassSet, ColumnId, Part, UNKNOWN};

/// A conjunction: at most one part a column, with the classes for which it is certainly true.
#[derive(Clone, Debug, Default)]
pub(super) struct Product(BTreeMap<ColumnId, ClassSet>);

/// More conjunctions than the limit.
pub(super) struct TooMany;

impl Product {
    /// Both.
    fn and(&self, other: &Self) -> Self {
        let mut product = self.0.clone();
        for (column, certain) in &other.0 {
            match product.entry(*column) {
                Entry::Vacant(part) => drop(part.insert(certain.clone())),
                Entry::Occupied(mut part) => *part.get_mut() = part.get().intersection(certain),
            }
        }
        Self(product)
    }

    /// The same, where being possible is enough.
    pub(super) fn loosened(mut self) -> Self {
        self.0.values_mut().for_each(|certain| certain.insert(UNKNOWN));
        self
    }

    /// Whether some request meets it certainly.
    pub(super) fn can_be_certain(&self) -> bool {
        self.0.values().all(|certain| !certain.is_empty())
    }

    pub(super) fn into_parts(self) -> impl Iterator<Item = Part> {
        self.0.into_iter().map(|(column, certain)| Part { column, certain })
    }

    fn literal(literal: Literal, negated: bool) -> Self {
        let Literal { column, classes, truth } = literal;
        let certain =
            ClassSet::of(classes, |class| class != UNKNOWN && truth.contains(class) != negated);
        Self(BTreeMap::from([(column, certain)]))
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
        let pairs = left.iter().flat_map(|left| right.iter().map(|right| left.and(right)));
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
        Ok(vec![each.fold(Product::default(), |product, literal| product.and(&literal))])
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
