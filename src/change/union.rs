//! Two policy sets in one vocabulary, so that they can be asked about the same requests.

use crate::model::{
    Attribute, AttributeId, Condition, Constraint, Findings, Kind, ObligationId, Value, Vocabulary,
    Words,
};
use crate::policy::{Argument, Policy, PolicySet};
use crate::prove::Reads;

/// Why two policy sets cannot be compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CannotCompare {
    /// An attribute takes values of different kinds in the two.
    #[error(
        "`{attribute}` is of type `{old}` in the old set and `{new}` in the new one; give one of them another name"
    )]
    Unlike {
        /// Its name.
        attribute: String,
        /// What it is in the old set.
        old: String,
        /// What it is in the new set.
        new: String,
    },
    /// The two have more attributes or obligations together than one may have.
    #[error("the two sets together have too many attributes, or more than 64 obligations")]
    TooMany,
    /// One of them goes beyond what can be compiled, or both do together.
    #[error(transparent)]
    OverLimit(#[from] Findings),
}

/// Two policy sets with the same attributes.
pub(super) struct Union {
    pub(super) old: PolicySet,
    pub(super) new: PolicySet,
    /// The attributes that the sets do not read alike, and how.
    pub(super) reads: [Vec<(AttributeId, Reads)>; 2],
    /// The attributes of which a missing value does not stand for the same in both: for what.
    pub(super) absent: Vec<(AttributeId, [Option<Value>; 2])>,
}

impl Union {
    /// Brings two sets to one vocabulary: attributes and obligations are matched by their names.
    ///
    /// # Errors
    ///
    /// An attribute is not of one type in both, or there are too many of something.
    pub(super) fn new(old: &PolicySet, new: &PolicySet) -> Result<Self, CannotCompare> {
        let mut vocabulary = new.vocabulary.clone();
        let attributes = old.vocabulary.attributes().iter().map(|attribute| {
            let known = vocabulary.attribute(&attribute.name);
            known.or_else(|| vocabulary.declare(undeclared(attribute)))
        });
        let attributes: Option<Vec<AttributeId>> = attributes.collect();
        let obligations = old.vocabulary.obligations().iter().map(|obligation| {
            let known = vocabulary.obligation(&obligation.name);
            known.or_else(|| vocabulary.declare_obligation(obligation.clone()))
        });
        let obligations: Option<Vec<ObligationId>> = obligations.collect();
        let (Some(attributes), Some(obligations)) = (attributes, obligations) else {
            return Err(CannotCompare::TooMany);
        };
        if vocabulary.obligations().len() > 64 {
            return Err(CannotCompare::TooMany);
        }
        let into = Into { attributes, obligations };
        let mut union = Self {
            old: into.set(old, &vocabulary),
            new: PolicySet { vocabulary, guarantees: vec![], ..new.clone() },
            reads: [vec![], vec![]],
            absent: vec![],
        };
        for (from, id) in old.vocabulary.attributes().iter().zip(&into.attributes) {
            if new.vocabulary.attribute(&from.name).is_some() {
                union.join(*id)?;
            }
        }
        Ok(union)
    }

    /// Gives an attribute of both sets one list of words, and notes where they do not read it alike.
    fn join(&mut self, id: AttributeId) -> Result<(), CannotCompare> {
        let [old, new] = [&self.old, &self.new].map(|set| set.vocabulary[id].clone());
        let unlike = || CannotCompare::Unlike {
            attribute: new.name.clone(),
            old: in_words(&old.kind),
            new: in_words(&new.kind),
        };
        if let (Some(ours), Some(theirs)) = (listed(&old.kind), listed(&new.kind)) {
            let mut all = theirs.to_vec();
            all.extend(ours.iter().filter(|word| !theirs.contains(word)).cloned());
            let [old_reads, new_reads] = &mut self.reads;
            for (set, reads, words) in
                [(&mut self.old, old_reads, ours), (&mut self.new, new_reads, theirs)]
            {
                let Some(attribute) = set.vocabulary.attribute_mut(id) else { continue };
                attribute.kind = match &attribute.kind {
                    Kind::Enum(words) => Kind::Enum(words.within(&all)),
                    Kind::Set(Some(_)) => Kind::Set(Some(all.clone())),
                    _ => return Err(unlike()),
                };
                if words.len() < all.len() && !attribute.is_derived() {
                    reads.push((id, Reads::Only(words.to_vec())));
                }
            }
            let alike = matches!(
                (&old.kind, &new.kind),
                (Kind::Enum(_), Kind::Enum(_)) | (Kind::Set(_), Kind::Set(_))
            );
            if !alike {
                return Err(unlike());
            }
        } else if old.kind != new.kind {
            return Err(unlike());
        }
        if old.absent != new.absent && !old.is_derived() && !new.is_derived() {
            self.absent.push((id, [old.absent, new.absent]));
        }
        Ok(())
    }
}

fn in_words(kind: &Kind) -> String {
    match kind {
        Kind::Set(None) => "set of any words".to_owned(),
        Kind::Set(Some(_)) => "set of listed words".to_owned(),
        kind => kind.word().to_owned(),
    }
}

fn listed(kind: &Kind) -> Option<&[Box<str>]> {
    match kind {
        Kind::Enum(words) => Some(Words::list(words)),
        Kind::Set(Some(words)) => Some(words),
        _ => None,
    }
}

/// An attribute of the other set alone: its values, and nothing that it is derived from or changed by.
fn undeclared(attribute: &Attribute) -> Attribute {
    Attribute { derive: vec![], remedy: None, ..attribute.clone() }
}

/// From the places of one vocabulary to those of another.
struct Into {
    attributes: Vec<AttributeId>,
    obligations: Vec<ObligationId>,
}

impl Into {
    fn attribute(&self, id: AttributeId) -> AttributeId {
        self.attributes.get(id.index()).copied().unwrap_or(id)
    }

    fn obligation(&self, id: ObligationId) -> ObligationId {
        self.obligations.get(id.index()).copied().unwrap_or(id)
    }

    /// The set in another vocabulary, where its own attributes and obligations are as it declares
    /// them.
    fn set(&self, set: &PolicySet, into: &Vocabulary) -> PolicySet {
        let mut vocabulary = Vocabulary::default();
        for attribute in into.attributes() {
            let own = set.vocabulary.attribute(&attribute.name);
            let attribute = match own {
                Some(own) => self.declaration(&set.vocabulary[own]),
                None => undeclared(attribute),
            };
            let _ = vocabulary.declare(attribute);
        }
        for obligation in into.obligations() {
            let own = set.vocabulary.obligation(&obligation.name);
            let own = own.map_or(obligation, |own| &set.vocabulary[own]);
            let _ = vocabulary.declare_obligation(own.clone());
        }
        let policies = set.policies.iter().map(|policy| self.policy(policy)).collect();
        PolicySet { vocabulary, policies, guarantees: vec![], ..set.clone() }
    }

    fn declaration(&self, attribute: &Attribute) -> Attribute {
        let mut attribute = attribute.clone();
        for branch in &mut attribute.derive {
            branch.when = self.condition(&branch.when);
        }
        if let Some(remedy) = &mut attribute.remedy {
            remedy.obligation = remedy.obligation.map(|id| self.obligation(id));
        }
        attribute
    }

    fn policy(&self, policy: &Policy) -> Policy {
        let mut policy = policy.clone();
        policy.governs = self.condition(&policy.governs);
        for rule in &mut policy.rules {
            rule.condition = self.condition(&rule.condition);
            for used in &mut rule.obligations {
                used.id = self.obligation(used.id);
                for (_, argument) in &mut used.arguments {
                    if let Argument::Attribute(attribute) = argument {
                        *attribute = self.attribute(*attribute);
                    }
                }
            }
        }
        policy
    }

    fn condition(&self, condition: &Condition) -> Condition {
        let all = |parts: &[Condition]| parts.iter().map(|part| self.condition(part)).collect();
        match condition {
            Condition::All(parts) => Condition::All(all(parts)),
            Condition::Any(parts) => Condition::Any(all(parts)),
            Condition::Not(part) => self.condition(part).negate(),
            Condition::Test(attribute, constraint) => {
                Condition::Test(self.attribute(*attribute), self.constraint(constraint))
            }
        }
    }

    fn constraint(&self, constraint: &Constraint) -> Constraint {
        match constraint {
            Constraint::CompareWith(comparison, other) => {
                Constraint::CompareWith(*comparison, self.attribute(*other))
            }
            Constraint::SameAs(other) => Constraint::SameAs(self.attribute(*other)),
            Constraint::In(other) => Constraint::In(self.attribute(*other)),
            Constraint::ContainsOf(share, other) => {
                Constraint::ContainsOf(*share, self.attribute(*other))
            }
            other => other.clone(),
        }
    }
}
