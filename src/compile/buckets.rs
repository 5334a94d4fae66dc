//! The cut: conjunctions sorted into buckets by the columns that tell most of them apart.

use std::collections::BTreeMap;

use crate::model::Effect;
use crate::program::{
    Bucket, Class, ColumnId, Conjunction, Cut, Part, Program, Role, Table, UNKNOWN,
};

/// A bucket of so few conjunctions is not cut further: they fit one word of bits.
const SMALL: usize = 64;
/// A cut may copy conjunctions that do not mention its column, up to so many times their number.
const COPIES: usize = 8;

/// Sorts the conjunctions of a program into buckets, and makes their tables.
pub(super) fn sort_into_buckets(program: &mut Program) {
    let all = sorted_by_role(program);
    let mut sorter =
        Sorter { program, cuts: vec![Cut::Bucket(0)], buckets: vec![], made: BTreeMap::new() };
    sorter.sort(0, all, vec![]);
    let Sorter { cuts, buckets, .. } = sorter;
    program.cuts = cuts;
    program.buckets = buckets;
}

/// Puts all of them into one bucket, which is sooner made than sorted: for a program that decides a few
/// requests.
pub(super) fn put_into_one_bucket(program: &mut Program) {
    let bucket = make_bucket(program, sorted_by_role(program), &[]);
    program.cuts = vec![Cut::Bucket(0)];
    program.buckets = vec![bucket];
}

/// What bits are grouped by: governs first, then permits, by policy; then the rest.
fn sorted_by_role(program: &Program) -> Vec<usize> {
    let group =
        |place: usize| match program.conjunctions.get(place).map(|conjunction| conjunction.role) {
            Some(Role::Governs(policy)) => (0, policy),
            Some(Role::Rule(rule)) => match program.rule(rule) {
                Some(rule) if rule.effect == Effect::Permit => (1, rule.policy),
                Some(rule) => (2, rule.policy),
                None => (3, 0),
            },
            None => (3, 0),
        };
    let mut places: Vec<usize> = (0..program.conjunctions.len()).collect();
    places.sort_by_key(|place| (group(*place), *place));
    places
}

struct Sorter<'p> {
    program: &'p Program,
    cuts: Vec<Cut>,
    buckets: Vec<Bucket>,
    /// The node for a list of conjunctions, the columns that need no asking any more, and whether it
    /// is where a cut's column is unknown: there nothing is settled, and the list may be the cut's own.
    made: BTreeMap<(Vec<usize>, Vec<ColumnId>, bool), u32>,
}

impl Sorter<'_> {
    /// Fills the node at `at` for these conjunctions.
    fn sort(&mut self, at: usize, conjunctions: Vec<usize>, settled: Vec<ColumnId>) {
        let Some(column) = self.best_column(&conjunctions, &settled) else {
            let bucket = make_bucket(self.program, conjunctions, &settled);
            self.set(at, Cut::Bucket(self.buckets.len()));
            self.buckets.push(bucket);
            return;
        };
        let mut next = Vec::new();
        for class in self.classes(column) {
            let standing: Vec<usize> = conjunctions
                .iter()
                .copied()
                .filter(|place| self.stands(*place, column, class))
                .collect();
            // For a known class the column says nothing more; unknown is still two things.
            let mut settled = settled.clone();
            if class != UNKNOWN {
                settled.push(column);
                settled.sort();
            }
            next.push(self.node(standing, settled, class == UNKNOWN));
        }
        self.set(at, Cut::By(column, next));
    }

    fn node(&mut self, conjunctions: Vec<usize>, settled: Vec<ColumnId>, unknown: bool) -> u32 {
        let key = (conjunctions, settled, unknown);
        if let Some(node) = self.made.get(&key) {
            return *node;
        }
        let at = self.cuts.len();
        let node = u32::try_from(at).unwrap_or(0);
        self.cuts.push(Cut::Bucket(0));
        self.made.insert(key.clone(), node);
        let (conjunctions, settled, _) = key;
        if unknown {
            // Nearly everything stands where the cut's column is unknown: cutting again gains nothing.
            let bucket = make_bucket(self.program, conjunctions, &settled);
            self.set(at, Cut::Bucket(self.buckets.len()));
            self.buckets.push(bucket);
        } else {
            self.sort(at, conjunctions, settled);
        }
        node
    }

    fn set(&mut self, at: usize, cut: Cut) {
        if let Some(node) = self.cuts.get_mut(at) {
            *node = cut;
        }
    }

    fn classes(&self, column: ColumnId) -> impl Iterator<Item = Class> + use<> {
        let classes = self.program.columns.get(column.index()).map_or(1, |column| column.classes());
        (0..classes).filter_map(|class| Class::try_from(class).ok())
    }

    fn stands(&self, place: usize, column: ColumnId, class: Class) -> bool {
        part(self.program, place, column).is_none_or(|part| part.possible.contains(class))
    }

    /// The column whose largest part is smallest; `None` where no cut is worth its copies.
    fn best_column(&self, conjunctions: &[usize], settled: &[ColumnId]) -> Option<ColumnId> {
        if conjunctions.len() <= SMALL {
            return None;
        }
        let mut constrained: BTreeMap<ColumnId, Vec<&Part>> = BTreeMap::new();
        for place in conjunctions {
            let parts = self
                .program
                .conjunctions
                .get(*place)
                .map(|conjunction| conjunction.parts.as_slice());
            for part in parts.unwrap_or_default() {
                constrained.entry(part.column).or_default().push(part);
            }
        }
        let mut best = None;
        for (column, parts) in constrained {
            if settled.contains(&column) {
                continue;
            }
            let free = conjunctions.len() - parts.len();
            let mut sizes: BTreeMap<Class, usize> = BTreeMap::new();
            for class in
                parts.iter().flat_map(|part| part.possible.iter()).filter(|class| *class != UNKNOWN)
            {
                *sizes.entry(class).or_default() += 1;
            }
            let largest = sizes.values().max().copied().unwrap_or(0) + free;
            let copies = sizes.values().sum::<usize>() + free * self.classes(column).count();
            let worth =
                largest * 4 <= conjunctions.len() * 3 && copies <= conjunctions.len() * COPIES;
            if worth && best.is_none_or(|(size, _)| largest < size) {
                best = Some((largest, column));
            }
        }
        best.map(|(_, column)| column)
    }
}

fn part(program: &Program, place: usize, column: ColumnId) -> Option<&Part> {
    let parts = &program.conjunctions.get(place)?.parts;
    let at = parts.binary_search_by_key(&column, |part| part.column).ok()?;
    parts.get(at)
}

/// A table of conjunctions given by their parts; `settled` columns are left out.
pub(super) fn make_table(
    program: &Program,
    conjunctions: &[&[Part]],
    settled: &[ColumnId],
) -> Table {
    let mut columns: Vec<ColumnId> =
        conjunctions.iter().flat_map(|parts| parts.iter().map(|part| part.column)).collect();
    columns.sort();
    columns.dedup();
    let mut table = Table::new(conjunctions.len());
    for column in columns.into_iter().filter(|column| !settled.contains(column)) {
        let classes = program.columns.get(column.index()).map_or(1, |column| column.classes());
        table.add_column(column, classes, |bit| {
            let parts = conjunctions.get(bit)?;
            let at = parts.binary_search_by_key(&column, |part| part.column).ok()?;
            parts.get(at)
        });
    }
    table
}

fn make_bucket(program: &Program, conjunctions: Vec<usize>, settled: &[ColumnId]) -> Bucket {
    let empty = Conjunction { role: Role::Governs(0), parts: vec![] };
    let members: Vec<&Conjunction> = conjunctions
        .iter()
        .map(|place| program.conjunctions.get(*place).unwrap_or(&empty))
        .collect();
    let parts: Vec<&[Part]> =
        members.iter().map(|conjunction| conjunction.parts.as_slice()).collect();
    let words = conjunctions.len().div_ceil(64);
    let mut bucket = Bucket { table: make_table(program, &parts, settled), ..Bucket::default() };
    for masks in [
        &mut bucket.governs,
        &mut bucket.permits,
        &mut bucket.denies,
        &mut bucket.certain_denies,
        &mut bucket.requires,
        &mut bucket.certain_requires,
    ] {
        masks.resize(words, 0);
    }
    for (bit, conjunction) in members.into_iter().enumerate() {
        let policy = match conjunction.role {
            Role::Governs(policy) => policy,
            Role::Rule(rule) => program.rule(rule).map_or(0, |rule| rule.policy),
        };
        let local = bucket.policies.iter().position(|known| *known == policy);
        bucket.policy_of_bit.push(local.unwrap_or(bucket.policies.len()));
        if local.is_none() {
            bucket.policies.push(policy);
        }
        let mark = |masks: &mut Vec<u64>| {
            if let Some(word) = masks.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        };
        match conjunction.role {
            Role::Governs(policy) => {
                if program.policies.get(policy).is_some_and(|policy| policy.grants) {
                    mark(&mut bucket.governs);
                }
            }
            Role::Rule(rule) => match program.rule(rule) {
                Some(rule) if rule.trial => {}
                Some(rule) => match (rule.effect, rule.certain) {
                    (Effect::Permit, _) => {
                        mark(&mut bucket.permits);
                        mark(&mut bucket.requires);
                    }
                    (Effect::Deny, false) => mark(&mut bucket.denies),
                    (Effect::Deny, true) => mark(&mut bucket.certain_denies),
                    (Effect::Require, false) if rule.on_permit => mark(&mut bucket.requires),
                    (Effect::Require, true) if rule.on_permit => mark(&mut bucket.certain_requires),
                    (Effect::Require, _) => {}
                },
                None => {}
            },
        }
    }
    bucket.conjunctions = conjunctions;
    bucket
}
