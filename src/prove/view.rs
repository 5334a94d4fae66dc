//! One request among those that a question is about: what a program's columns say of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use batsat::Lit;

use super::space::{Asked, FactId, Space};
use crate::model::{AttributeId, Kind, Share};
use crate::program::{
    Class, ClassSet, Column, ColumnId, Conjunctions, Derivation, NO, Parts, Program, Question,
    Relation, Role, Step, UNKNOWN, YES, at,
};

/// The declarations by which an author lets a withheld value help, as switches: while one is on, what
/// it declares is read as if it were not declared.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    /// That a deny counts only when it is certain, by rule.
    pub(super) rules: BTreeMap<usize, Lit>,
    /// That a branch may give a worse value before a better one, by attribute and place.
    pub(super) branches: BTreeMap<(AttributeId, usize), Lit>,
}

/// A request to a program.
#[derive(Clone)]
pub(super) struct View {
    pub(super) program: Arc<Program>,
    /// The fact of each attribute; `None` where it is unknown in this request.
    facts: Vec<Option<FactId>>,
    /// Whether each branch of a derivation is the one taken.
    taken: BTreeMap<usize, Vec<Lit>>,
    /// That a column that follows from others has one of some classes.
    within: BTreeMap<ColumnId, BTreeMap<ClassSet, Lit>>,
    /// That a conjunction, by place, is certain; or that it is possible.
    standing: BTreeMap<(usize, bool), Lit>,
    conjunctions: Arc<Disjuncts>,
    /// What is looked at.
    pub(super) seen: Arc<Seen>,
    pub(super) switches: Switches,
}

/// Policies, and their rules, by place.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) policies: Vec<usize>,
    pub(super) rules: Vec<usize>,
}

/// The conjunctions of each policy's `governs` and of each rule, by place.
#[derive(Debug, Default)]
struct Disjuncts {
    governs: Vec<Vec<usize>>,
    rules: Vec<Vec<usize>>,
}

impl View {
    /// The request whose attributes are the first facts of a space.
    pub(super) fn of(program: &Arc<Program>) -> Self {
        let mut governs = vec![Vec::new(); program.policies.len()];
        let mut rules = vec![Vec::new(); program.rules.len()];
        for place in 0..program.conjunctions.len() {
            let list = match program.role(place) {
                Some(Role::Governs(policy)) => governs.get_mut(policy),
                Some(Role::Rule(rule)) => rules.get_mut(rule),
                None => None,
            };
            if let Some(list) = list {
                list.push(place);
            }
        }
        let facts = program.vocabulary.attribute_ids().map(|id| Some(Space::first(id))).collect();
        Self {
            program: Arc::clone(program),
            facts,
            taken: BTreeMap::new(),
            within: BTreeMap::new(),
            standing: BTreeMap::new(),
            conjunctions: Arc::new(Disjuncts { governs, rules }),
            seen: Arc::new(Seen {
                policies: (0..program.policies.len()).collect(),
                rules: (0..program.rules.len()).collect(),
            }),
            switches: Switches::default(),
        }
    }

    /// The same request, while a policy certainly governs it: policies that then certainly do not are
    /// left out. `None` if there are none such.
    pub(super) fn around(&self, policy: usize) -> Option<Self> {
        let apart = |other: usize| {
            let own = self.parts_of_governs(policy);
            let theirs: Vec<Parts<'_>> = self.parts_of_governs(other).collect();
            !theirs.is_empty()
                && own.into_iter().all(|own| theirs.iter().all(|theirs| disjoint(own, *theirs)))
        };
        let policies = 0..self.program.policies.len();
        let policies: Vec<usize> =
            policies.filter(|other| *other == policy || !apart(*other)).collect();
        if policies.len() == self.program.policies.len() {
            return None;
        }
        let rules = self.program.rules.iter().enumerate();
        let rules = rules.filter(|(_, rule)| policies.binary_search(&at(rule.policy)).is_ok());
        let seen = Seen { rules: rules.map(|(place, _)| place).collect(), policies };
        // In another space everything comes to another literal.
        Some(Self {
            seen: Arc::new(seen),
            taken: BTreeMap::new(),
            within: BTreeMap::new(),
            standing: BTreeMap::new(),
            ..self.clone()
        })
    }

    fn is_out(&self, policy: usize) -> bool {
        self.seen.policies.binary_search(&policy).is_err()
    }

    fn parts_of_governs(&self, policy: usize) -> impl Iterator<Item = Parts<'_>> {
        let places = self.conjunctions.governs.get(policy).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.program.conjunctions.get(*place))
    }

    /// The same request, but for one attribute.
    pub(super) fn but(&self, attribute: AttributeId, fact: Option<FactId>) -> Self {
        let mut view = self.clone();
        if let Some(place) = view.facts.get_mut(attribute.index()) {
            *place = fact;
        }
        // What does not ask of the attribute comes to the same.
        let asks = self.asking(attribute);
        let asks = |column: ColumnId| asks.get(column.index()).copied().unwrap_or(true);
        view.within.retain(|column, _| !asks(*column));
        view.taken.retain(|place, _| {
            let derivation = self.program.derivations.get(*place);
            derivation.is_some_and(|derivation| !asks(derivation.column))
        });
        view.standing.retain(|(place, _), _| {
            let parts = self.program.conjunctions.get(*place);
            parts.is_some_and(|parts| !parts.iter().any(|part| asks(part.column)))
        });
        view
    }

    /// Whether each column asks of an attribute, by itself or through what is derived from it.
    fn asking(&self, attribute: AttributeId) -> Vec<bool> {
        let program = &self.program;
        let is_time = program.vocabulary.time() == Some(attribute);
        let asks = |column: &Column| match column.question {
            Question::Relates(_, other) => column.attribute == attribute || other == attribute,
            Question::FromNow(_) => column.attribute == attribute || is_time,
            _ => column.attribute == attribute,
        };
        let mut asking: Vec<bool> = program.columns.iter().map(asks).collect();
        let is_asking =
            |asking: &[bool], column: ColumnId| asking.get(column.index()).copied().unwrap_or(true);
        // What a column is filled from comes before it.
        for step in &program.steps {
            let (filled, asks) = match step {
                Step::Column(id) => {
                    (*id, self.related(*id).any(|column| is_asking(&asking, column)))
                }
                Step::Derive(place) => {
                    let Some(derivation) = program.derivations.get(*place) else { continue };
                    let mut read = derivation.table.columns();
                    (derivation.column, read.any(|column| is_asking(&asking, column)))
                }
            };
            if let Some(asking) = asking.get_mut(filled.index()) {
                *asking |= asks;
            }
        }
        asking
    }

    /// The columns of the derived attributes that a column relates.
    fn related(&self, id: ColumnId) -> impl Iterator<Item = ColumnId> {
        let related = self.program.columns.get(id.index()).map(|column| match column.question {
            Question::Relates(_, other) => [column.attribute, other],
            _ => [column.attribute; 2],
        });
        let derivations = self.program.derivations.iter();
        let related = derivations
            .filter(move |one| related.is_some_and(|related| related.contains(&one.attribute)));
        related.map(|derivation| derivation.column)
    }

    /// The fact of an attribute.
    pub(super) fn fact(&self, attribute: AttributeId) -> Option<FactId> {
        self.facts.get(attribute.index()).copied().flatten()
    }

    /// That a policy governs: certainly, or not certainly not.
    pub(super) fn governs(&mut self, space: &mut Space, policy: usize, certain: bool) -> Lit {
        let all = Arc::clone(&self.conjunctions);
        let own = all.governs.get(policy).filter(|_| !self.is_out(policy));
        self.one_stands(space, own.map(Vec::as_slice).unwrap_or_default(), certain)
    }

    /// That the condition of a rule is certainly true, or not certainly false; and that its policy
    /// may govern.
    pub(super) fn stands(&mut self, space: &mut Space, rule: usize, certain: bool) -> Lit {
        let all = Arc::clone(&self.conjunctions);
        let out = self.program.rules.get(rule).is_some_and(|one| self.is_out(at(one.policy)));
        let own = all.rules.get(rule).filter(|_| !out);
        self.one_stands(space, own.map(Vec::as_slice).unwrap_or_default(), certain)
    }

    fn one_stands(&mut self, space: &mut Space, places: &[usize], certain: bool) -> Lit {
        let mut each = Vec::with_capacity(places.len());
        for place in places {
            each.push(self.standing(space, *place, certain));
        }
        space.circuit.or(each)
    }

    /// That the conjunction at this place is certainly true, or not certainly false.
    fn standing(&mut self, space: &mut Space, place: usize, certain: bool) -> Lit {
        if let Some(literal) = self.standing.get(&(place, certain)) {
            return *literal;
        }
        let program = Arc::clone(&self.program);
        let Some(parts) = program.conjunctions.get(place) else {
            return space.circuit.never();
        };
        let literal = self.conjunction(space, parts, certain);
        self.standing.insert((place, certain), literal);
        literal
    }

    /// That one of these conjunctions is certainly true.
    pub(super) fn certain(&mut self, space: &mut Space, conjunctions: &Conjunctions) -> Lit {
        let each: Vec<Lit> =
            conjunctions.iter().map(|parts| self.conjunction(space, parts, true)).collect();
        space.circuit.or(each)
    }

    /// That a conjunction is certainly true, or not certainly false.
    pub(super) fn conjunction(
        &mut self,
        space: &mut Space,
        parts: Parts<'_>,
        certain: bool,
    ) -> Lit {
        let mut each = Vec::new();
        for part in parts.iter() {
            let literal = self.is_within(space, part.column, &part.classes(certain));
            if literal == space.circuit.never() {
                return literal;
            }
            each.push(literal);
        }
        space.circuit.and(each)
    }

    /// That a column has one of these classes.
    pub(super) fn is_within(&mut self, space: &mut Space, id: ColumnId, classes: &ClassSet) -> Lit {
        let program = Arc::clone(&self.program);
        let Some(column) = program.columns.get(id.index()) else { return space.circuit.never() };
        let constant = |space: &Space, class: Class| {
            if classes.contains(class) { space.circuit.always() } else { space.circuit.never() }
        };
        if self.is_finite(column) {
            if let Some(literal) = self.within.get(&id).and_then(|within| within.get(classes)) {
                return *literal;
            }
            let literal = self.follows(space, column, classes);
            self.within.entry(id).or_default().insert(classes.clone(), literal);
            return literal;
        }
        let Some(left) = self.fact(column.attribute) else { return constant(space, UNKNOWN) };
        let other = match column.question {
            Question::FromNow(_) => program.vocabulary.time(),
            Question::Relates(_, other) => Some(other),
            _ => {
                let variable = space.variable(Asked { column: id, left, right: None });
                return space.is_within(variable, classes);
            }
        };
        let Some(right) = other.and_then(|other| self.fact(other)) else {
            return constant(space, UNKNOWN);
        };
        let variable = space.variable(Asked { column: id, left, right: Some(right) });
        space.is_within(variable, classes)
    }

    /// That a column that follows from others has one of these classes.
    fn follows(&mut self, space: &mut Space, column: &Column, classes: &ClassSet) -> Lit {
        if let Question::Relates(relation, other) = column.question {
            return self.related_so(space, column, relation, other, classes);
        }
        let each: Vec<Lit> =
            classes.iter().map(|class| self.derived(space, column.attribute, class)).collect();
        space.circuit.or(each)
    }

    /// Whether a column follows from others: it is that of a derived attribute, or relates listed
    /// words.
    fn is_finite(&self, column: &Column) -> bool {
        let listed = |id: AttributeId| {
            matches!(self.program.vocabulary[id].kind, Kind::Bool | Kind::Enum(_))
        };
        match column.question {
            Question::Relates(relation, other) => {
                let kinds = (
                    &self.program.vocabulary[column.attribute].kind,
                    &self.program.vocabulary[other].kind,
                );
                match (relation, kinds) {
                    (_, (Kind::Set(_), Kind::Set(Some(_)))) => true,
                    (Relation::Has(Share::Any), (Kind::Set(Some(_)), Kind::Set(_))) => true,
                    (Relation::In, (Kind::String, Kind::Set(Some(_)))) => true,
                    (Relation::HasWord, (Kind::Set(Some(_)), Kind::String)) => true,
                    _ => listed(column.attribute) || listed(other),
                }
            }
            _ => self.program.vocabulary[column.attribute].is_derived(),
        }
    }

    /// That a derived attribute has a class.
    fn derived(&mut self, space: &mut Space, attribute: AttributeId, class: Class) -> Lit {
        let program = Arc::clone(&self.program);
        let found = program.derivations.iter().enumerate().find(|(_, d)| d.attribute == attribute);
        let Some((place, derivation)) = found else { return space.circuit.never() };
        if !self.taken.contains_key(&place) {
            let taken = self.branches(space, derivation);
            self.taken.insert(place, taken);
        }
        let taken = self.taken.get(&place).map(Vec::as_slice).unwrap_or_default();
        let giving = derivation.classes.iter().zip(taken).filter(|(given, _)| **given == class);
        space.circuit.or(giving.map(|(_, taken)| *taken))
    }

    /// For each branch, whether it is the one taken.
    fn branches(&mut self, space: &mut Space, derivation: &Derivation) -> Vec<Lit> {
        let last = derivation.classes.len().saturating_sub(1);
        let mut open = space.circuit.always();
        let mut taken = Vec::with_capacity(derivation.classes.len());
        for place in 0..derivation.classes.len() {
            let mut met =
                if place == last { space.circuit.always() } else { space.circuit.never() };
            let switch = self.switches.branches.get(&(derivation.attribute, place)).copied();
            for (_, parts) in derivation
                .branch_of_bit
                .iter()
                .zip(derivation.conjunctions.iter())
                .filter(|(branch, _)| **branch == place)
            {
                let certain = self.conjunction(space, parts, true);
                met = space.circuit.or([met, certain]);
                if let Some(switch) = switch {
                    let possible = self.conjunction(space, parts, false);
                    let switched = space.circuit.and([switch, possible]);
                    met = space.circuit.or([met, switched]);
                }
            }
            taken.push(space.circuit.and([open, met]));
            open = space.circuit.and([open, !met]);
        }
        taken
    }

    /// That two attributes are related so, one of which has listed words or is a truth value.
    fn related_so(
        &mut self,
        space: &mut Space,
        column: &Column,
        relation: Relation,
        other: AttributeId,
        classes: &ClassSet,
    ) -> Lit {
        let left_known = self.is_known(space, column.attribute);
        let right_known = self.is_known(space, other);
        let known = space.circuit.and([left_known, right_known]);
        let yes = self.relation_holds(space, relation, column.attribute, other);
        let mut each = Vec::new();
        for class in classes.iter() {
            each.push(match class {
                UNKNOWN => !known,
                NO => space.circuit.and([known, !yes]),
                YES => space.circuit.and([known, yes]),
                _ => space.circuit.never(),
            });
        }
        space.circuit.or(each)
    }

    /// Whether a value is known; a derived one always is.
    fn is_known(&self, space: &Space, attribute: AttributeId) -> Lit {
        if self.program.vocabulary[attribute].is_derived() {
            return space.circuit.always();
        }
        self.fact(attribute).map_or(space.circuit.never(), |fact| space.known(fact))
    }

    /// That the relation holds, if both are known.
    fn relation_holds(
        &mut self,
        space: &mut Space,
        relation: Relation,
        left: AttributeId,
        right: AttributeId,
    ) -> Lit {
        let program = Arc::clone(&self.program);
        let (left_kind, right_kind) =
            (&program.vocabulary[left].kind, &program.vocabulary[right].kind);
        if let (Relation::Has(share), Kind::Set(ours), Kind::Set(theirs)) =
            (relation, left_kind, right_kind)
        {
            let words = theirs.as_ref().or(ours.as_ref()).map(Vec::as_slice).unwrap_or_default();
            let mut each = Vec::new();
            for word in words {
                let ours = self.is_word(space, left, word);
                let theirs = self.is_word(space, right, word);
                each.push(match share {
                    Share::Any => space.circuit.and([ours, theirs]),
                    Share::All => space.circuit.or([ours, !theirs]),
                });
            }
            return match share {
                Share::Any => space.circuit.or(each),
                Share::All => space.circuit.and(each),
            };
        }
        let mut holding = Vec::new();
        match (words(left_kind), words(right_kind)) {
            (Some(left_words), Some(right_words)) => {
                for (left_place, left_word) in left_words.iter().enumerate() {
                    for (right_place, right_word) in right_words.iter().enumerate() {
                        let holds = match (relation, left_kind) {
                            (Relation::Compares(comparison), Kind::Enum(words)) => {
                                comparison.holds(words.compare(left_place, right_place))
                            }
                            _ => left_word == right_word,
                        };
                        if holds {
                            let ours = self.is_word(space, left, left_word);
                            let theirs = self.is_word(space, right, right_word);
                            holding.push(space.circuit.and([ours, theirs]));
                        }
                    }
                }
            }
            (listed, other) => {
                let of_set = |kind: &Kind| match kind {
                    Kind::Set(Some(words)) => words.clone(),
                    _ => Vec::new(),
                };
                let words = listed.or(other).unwrap_or_else(|| {
                    let ours = of_set(left_kind);
                    if ours.is_empty() { of_set(right_kind) } else { ours }
                });
                for word in &words {
                    let ours = self.is_word(space, left, word);
                    let theirs = self.is_word(space, right, word);
                    holding.push(space.circuit.and([ours, theirs]));
                }
            }
        }
        space.circuit.or(holding)
    }

    /// That an attribute is this word, or a set that has it.
    fn is_word(&mut self, space: &mut Space, attribute: AttributeId, word: &str) -> Lit {
        let program = Arc::clone(&self.program);
        let kind = &program.vocabulary[attribute].kind;
        let found = (0..).map(ColumnId).zip(&program.columns).find_map(|(id, column)| {
            if column.attribute != attribute {
                return None;
            }
            let class = match (&column.question, kind) {
                (Question::Bool, _) => {
                    if word == "true" {
                        YES
                    } else {
                        NO
                    }
                }
                (Question::Word(_), Kind::Enum(words)) => {
                    crate::program::nth_class(words.position(word)?)
                }
                (Question::Text(texts), _) => crate::program::nth_class(texts.position(word)? + 1),
                (Question::Has(asked), _) if **asked == *word => YES,
                _ => return None,
            };
            Some((id, ClassSet::of(column.classes(), |other| other == class)))
        });
        match found {
            Some((column, classes)) => self.is_within(space, column, &classes),
            None => space.circuit.never(),
        }
    }
}

/// Whether, where the first is certainly true, the second is certainly false.
fn disjoint(certain: Parts<'_>, other: Parts<'_>) -> bool {
    certain.iter().any(|part| other.on(part.column).is_some_and(|other| part.excludes(other)))
}

/// The words of a kind that lists them.
fn words(kind: &Kind) -> Option<Vec<Box<str>>> {
    match kind {
        Kind::Bool => Some(vec!["false".into(), "true".into()]),
        Kind::Enum(words) => Some(words.list().to_vec()),
        _ => None,
    }
}
