//! Why a request is refused, and of which moves one must be among those that change that.
//!
//! A conjunction that must be true needs every part, so any one that it lacks says what must move; of
//! several that would do, each says so for itself. What would take more moves than there may be says
//! nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::moves::{Move, Moved};
use crate::model::{AttributeId, Effect};
use crate::program::{
    ArgumentValue, Bucket, Class, ClassSet, ColumnId, Derivation, Lacking, Lever, Part, Parts,
    Program, Role, Roster, Row, RuleEntry, Standing, Target, Word, at,
};

/// What keeps a request from being permitted.
#[derive(Clone, Copy)]
enum Cause<'p> {
    /// This deny takes part; it must not even be possible, or not certain.
    Denied(Parts<'p>, &'p RuleEntry),
    /// No granting policy certainly governs.
    NotGoverned,
    /// This policy may govern and permits nothing.
    Silent(usize),
    /// An obligation of this rule cannot be carried out.
    Unenforceable(Parts<'p>, &'p RuleEntry),
}

/// Everything that does. There may be hundreds of denies: they are found as they are asked for, and all else
/// when it is asked for first.
pub(super) struct Causes<'p> {
    bucket: &'p Bucket,
    others: OnceCell<Vec<Cause<'p>>>,
}

/// What the conjunctions of a policy come to.
#[derive(Clone, Copy, Default)]
struct Says {
    may_govern: bool,
    governs: bool,
    permits: bool,
}

impl<'p> Causes<'p> {
    /// What keeps a request from being permitted whose bucket this is.
    pub(super) fn of(bucket: &'p Bucket) -> Self {
        Self { bucket, others: OnceCell::new() }
    }

    /// The moves of which one at least is among any so many more that lead to a permit: those of the cause
    /// that leaves the fewest. Given the row of the request, which is always the same.
    pub(super) fn moves(&self, moved: &mut Moved<'p>, row: &Row, more: usize) -> Vec<Move> {
        let mut fewest = Fewest { more, moves: None, apart: 0, taken: 0 };
        let program = moved.program;
        for (place, _) in self.bucket.standing(row, Word::denying) {
            let parts = program.conjunctions.get(place);
            let Some((parts, (_, rule))) = parts.zip(program.rule_of(place)) else { continue };
            if !fewest.undo(Cause::Denied(parts, rule), moved, row) {
                return Vec::new();
            }
        }
        for cause in self.others.get_or_init(|| others(moved, row, self.bucket)) {
            if !fewest.undo(*cause, moved, row) {
                return Vec::new();
            }
        }
        fewest.moves.unwrap_or_default()
    }
}

/// What keeps a request from being permitted besides denies.
fn others<'p>(moved: &Moved<'p>, row: &Row, bucket: &Bucket) -> Vec<Cause<'p>> {
    let program = moved.program;
    let mut says: BTreeMap<usize, Says> = BTreeMap::new();
    let mut unmet = Vec::new();
    // Usually the gateway can carry out whatever may be asked here.
    let covered = bucket.obligations & !moved.request.can_carry_out() == 0;
    let counted = |word: &Word, found: Standing| {
        let owing = if covered { word.demanding } else { u64::MAX };
        found.possible & word.governs | word.permitting(found) | word.requiring(found) & owing
    };
    for (place, certain) in bucket.standing(row, counted) {
        let rule = match program.role(place) {
            Some(Role::Governs(policy)) => {
                let says = says.entry(policy).or_default();
                says.may_govern = true;
                says.governs |= certain;
                continue;
            }
            Some(Role::Rule(rule)) => program.rule(rule),
            None => None,
        };
        let Some(rule) = rule else { continue };
        if certain && rule.effect == Effect::Permit {
            says.entry(at(rule.policy)).or_default().permits = true;
        }
        // What takes no parameter from the request is covered, too.
        let asks = rule.on_permit && !(covered && program.arguments(rule).is_empty());
        if asks && moved.request.cannot_carry_out(rule, row, moved.instead()) != 0 {
            let parts = program.conjunctions.get(place);
            unmet.extend(parts.map(|parts| Cause::Unenforceable(parts, rule)));
        }
    }
    let granting = |policy: usize| program.policies.get(policy).is_some_and(|entry| entry.grants);
    let granting: Vec<(usize, Says)> =
        says.into_iter().filter(|(policy, _)| granting(*policy)).collect();
    let silent = granting.iter().filter(|(_, says)| says.may_govern && !says.permits);
    let mut causes: Vec<Cause<'p>> = silent.map(|(policy, _)| Cause::Silent(*policy)).collect();
    if !granting.iter().any(|(_, says)| says.governs) {
        causes.push(Cause::NotGoverned);
    }
    causes.extend(unmet);
    causes
}

/// The moves of the cause that leaves the fewest, as causes are looked at.
struct Fewest {
    /// Attributes that may be changed yet.
    more: usize,
    moves: Option<Vec<Move>>,
    /// Causes that have no lever in common take a move each: so many do, with these levers, as bits.
    apart: usize,
    taken: u64,
}

impl Fewest {
    /// Does away with one more cause; false if that cannot be done together with those before.
    fn undo<'p>(&mut self, cause: Cause<'p>, moved: &mut Moved<'p>, row: &Row) -> bool {
        let mut next = Next { moved, row, more: self.more, moves: Vec::new() };
        next.undo(cause);
        let mut moves = next.moves;
        moves.sort_unstable();
        let bits = moves.iter().fold(0, |bits, one| bits | 1_u64 << (one.lever % 64));
        if bits & self.taken == 0 {
            self.taken |= bits;
            self.apart += 1;
        }
        let fewest = match self.moves.take() {
            None => moves,
            // One move alone does away with every cause.
            Some(fewest) if self.more == 1 => {
                fewest.into_iter().filter(|one| moves.binary_search(one).is_ok()).collect()
            }
            Some(fewest) if fewest.len() <= moves.len() => fewest,
            Some(_) => moves,
        };
        let left = self.apart <= self.more && !fewest.is_empty();
        self.moves = Some(fewest);
        left
    }
}

/// The moves that may be next, as they are found.
struct Next<'s, 'd> {
    moved: &'s mut Moved<'d>,
    row: &'s Row,
    /// Attributes that may be changed yet.
    more: usize,
    moves: Vec<Move>,
}

/// The decision list of a derived attribute, by its column.
fn derivation(program: &Program, column: ColumnId) -> Option<&Derivation> {
    program.derivations.iter().find(|derivation| derivation.column == column)
}

fn class(row: &Row, part: &Part) -> Class {
    row.class(part.column)
}

impl<'d> Next<'_, 'd> {
    /// Does away with a cause.
    fn undo(&mut self, cause: Cause<'d>) {
        let program = self.moved.program;
        match cause {
            Cause::Denied(parts, rule) => self.break_one(parts, rule.certain),
            Cause::NotGoverned => self.meet_one(program.governing()),
            Cause::Silent(policy) => {
                program.permits(policy).into_iter().for_each(|permits| self.meet_one(permits));
                let row = self.row;
                let possible =
                    |parts: &Parts<'_>| parts.iter().all(|part| part.is_possible(class(row, part)));
                if let Some(governs) = program.governs(policy).find(possible) {
                    self.break_one(governs, false);
                }
            }
            Cause::Unenforceable(parts, rule) => {
                self.break_one(parts, rule.certain && rule.effect == Effect::Require);
                for argument in program.arguments(rule) {
                    if let ArgumentValue::Of(attribute) = argument.value {
                        self.change(attribute);
                    }
                }
            }
        }
    }

    /// Makes a conjunction false, or if `certain` no more than possible.
    fn break_one(&mut self, parts: Parts<'d>, certain: bool) {
        for part in parts.iter() {
            let stands = |class| {
                if certain { part.certain.contains(class) } else { part.is_possible(class) }
            };
            self.reach(part.column, &|class| !stands(class));
        }
    }

    /// Makes one of some conjunctions certainly true: of those that as many attributes as may be changed
    /// can do it for.
    fn meet_one(&mut self, conjunctions: &'d Roster) {
        if !self.moved.spend(conjunctions.words()) {
            return;
        }
        let (free, more) = (self.free(), self.more);
        conjunctions.each_lack(self.row, free, more, |lacking| self.supply(&lacking));
    }

    /// Gives a column that some conjunctions lack a class for which one of them lacks it no more; false
    /// if no more work may be done.
    fn supply(&mut self, lacking: &Lacking<'d>) -> bool {
        let program = self.moved.program;
        if derivation(program, lacking.column).is_none() {
            return self.reach(lacking.column, &|class| lacking.is_met_by(class));
        }
        // What a branch takes differs by what is wanted of it.
        let wanted = lacking.places().filter_map(|place| {
            let parts = program.conjunctions.get(place)?;
            parts.iter().find(|part| part.column == lacking.column).map(|part| &part.certain)
        });
        let mut wanted: Vec<&ClassSet> = wanted.collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.iter().all(|classes| self.reach(lacking.column, &|class| classes.contains(class)))
    }

    /// Makes a conjunction certainly true, if as many attributes as may be changed can do it.
    fn meet(&mut self, parts: Parts<'d>) {
        if let Some(part) = self.lack(parts) {
            self.reach(part.column, &|class| part.certain.contains(class));
        }
    }

    /// What a conjunction lacks that the fewest levers move; `None` if it lacks nothing, or more than
    /// can be changed.
    fn lack(&self, parts: Parts<'d>) -> Option<&'d Part> {
        let movers = |part: &Part| self.moved.program.levers.of_column.get(part.column.index());
        let (mut apart, mut moved, free) = (0, 0, self.free());
        let mut lack: Option<(&Part, usize)> = None;
        for part in parts.iter().filter(|part| !part.certain.contains(class(self.row, part))) {
            let movers = movers(part)?;
            let bits = movers.bits & free;
            if bits == 0 {
                return None;
            }
            if bits & moved == 0 {
                moved |= bits;
                apart += 1;
            }
            if apart > self.more {
                return None;
            }
            if lack.is_none_or(|(_, fewest)| movers.levers.len() < fewest) {
                lack = Some((part, movers.levers.len()));
            }
        }
        lack.map(|(part, _)| part)
    }

    /// The levers that have not been moved, as bits.
    fn free(&self) -> u64 {
        let made = self.moved.made().iter();
        // Levers that share a bit are not told apart.
        let apart = self.moved.program.levers.list.len() <= 64;
        made.filter(|_| apart).fold(u64::MAX, |free, one| free & !(1 << one.lever))
    }

    /// Gives a column one of the wanted classes; false if no more work may be done.
    fn reach(&mut self, id: ColumnId, wanted: &dyn Fn(Class) -> bool) -> bool {
        let program = self.moved.program;
        if !self.moved.spend(1) {
            return false;
        }
        let (Some(column), Some(movers)) =
            (program.columns.get(id.index()), program.levers.of_column.get(id.index()))
        else {
            return true;
        };
        let may_do = |lever: &Lever, target: Target| {
            lever.attribute != column.attribute || target.column != id || wanted(target.class)
        };
        let derivation = derivation(program, id);
        for place in &movers.levers {
            let Some(lever) = program.levers.list.get(*place) else { continue };
            // What is derived is reached by its branches.
            if derivation.is_none() || lever.attribute == column.attribute {
                self.add(*place, |target| may_do(lever, target));
            }
        }
        if let Some(derivation) = derivation
            && !self.moved.is_stated(derivation.attribute)
        {
            self.derive(derivation, wanted);
        }
        true
    }

    /// Has a derived attribute take a branch that gives a wanted class.
    fn derive(&mut self, derivation: &'d Derivation, wanted: &dyn Fn(Class) -> bool) {
        let gives =
            |branch: usize| derivation.classes.get(branch).is_some_and(|class| wanted(*class));
        let row = self.row;
        let holds =
            |parts: Parts<'_>| parts.iter().all(|part| part.certain.contains(class(row, part)));
        let mut before: Option<Parts<'d>> = None;
        for (branch, parts) in derivation.branch_of_bit.iter().zip(derivation.conjunctions.iter()) {
            match (gives(*branch), holds(parts)) {
                (true, false) => self.meet(parts),
                // Nothing keeps this branch from being taken but one that comes before it.
                (true, true) => before.into_iter().for_each(|parts| self.break_one(parts, true)),
                (false, true) => before = before.or(Some(parts)),
                (false, false) => {}
            }
        }
    }

    /// Gives an attribute another value.
    fn change(&mut self, attribute: AttributeId) {
        let levers = self.moved.program.levers.list.iter().enumerate();
        let own = levers.filter(|(_, lever)| lever.attribute == attribute);
        own.for_each(|(place, _)| self.add(place, |_| true));
    }

    /// Adds moves of a lever, if it is not moved yet.
    fn add(&mut self, place: usize, which: impl Fn(Target) -> bool) {
        if self.moved.is_moved(place) {
            return;
        }
        let lever = self.moved.program.levers.list.get(place);
        let targets = lever.into_iter().flat_map(|lever| lever.targets.iter().enumerate());
        for (target, to) in targets {
            let one = Move { lever: place, target };
            if !self.moves.contains(&one) && which(*to) {
                self.moves.push(one);
            }
        }
    }
}
