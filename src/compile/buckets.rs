//! The cut: conjunctions sorted into buckets by the columns that tell most of them apart.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::bucket::{Asked, granting, make_bucket, parts};
use crate::program::{Bucket, Class, ColumnId, Cut, Cuts, Next, Program, Table, UNKNOWN, bits};

/// Cuts may make the tables of a program so many words large, or so many a conjunction if that is more.
const ROOM: usize = 4_096;
const ROOM_A_CONJUNCTION: usize = 3;
/// So many words of tables may be spent on an instruction of a decision, on average: more cost the others more
/// than that, since fewer of their tables are at hand.
const WORDS_AN_INSTRUCTION: u64 = 200;
/// What a cut costs a decision, in the measure of [`Table::cost`].
const CUT: usize = 20;

/// Sorts the conjunctions of a program into buckets, and makes their tables.
pub(super) fn sort_into_buckets(program: &mut Program) {
    let room = ROOM.max(program.conjunctions.len().saturating_mul(ROOM_A_CONJUNCTION));
    let mut sorter = Sorter { program, room, nodes: vec![], worth: BinaryHeap::new() };
    sorter.add(&all(program), Leaf { asked: Asked::default(), likelihood: u64::MAX });
    while let Some((_, Reverse(at), cut)) = sorter.worth.pop() {
        sorter.cut(at, &cut);
    }
    (program.cuts, program.buckets) = flat(sorter.nodes);
}

/// Puts all of them into one bucket, which is sooner made than sorted: for a program that decides a few
/// requests.
pub(super) fn put_into_one_bucket(program: &mut Program) {
    program.buckets = [make_bucket(program, &all(program), &Asked::default())].into();
    program.cuts = Cuts::default();
}

/// The places of all conjunctions: those of a policy one after the other, its rules by id.
fn all(program: &Program) -> Vec<u32> {
    (0..).take(program.conjunctions.len()).collect()
}

/// Where a bucket is, as long as it may be cut.
struct Leaf {
    /// The columns that it was cut by.
    asked: Asked,
    /// How many of `u64::MAX` requests come here, if every class of a column is as likely.
    likelihood: u64,
}

enum Node {
    Leaf(Leaf, Bucket),
    /// By the class of a column, to the nodes at these places.
    Cut(ColumnId, Vec<usize>),
}

/// A cut that might be made.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Choice {
    column: ColumnId,
    /// The words by which it makes the tables larger.
    growth: usize,
}

/// Cuts, one after the other, the leaf where that saves most.
struct Sorter<'p> {
    program: &'p Program,
    /// Words that the tables may still grow by.
    room: usize,
    nodes: Vec<Node>,
    /// What a cut would save, and of which leaf.
    worth: BinaryHeap<(u64, Reverse<usize>, Choice)>,
}

impl Sorter<'_> {
    fn add(&mut self, conjunctions: &[u32], leaf: Leaf) -> usize {
        let bucket = make_bucket(self.program, conjunctions, &leaf.asked);
        let at = self.nodes.len();
        if let Some((saved, choice)) = self.best_cut(&leaf.asked, &bucket) {
            let saved = u64::try_from(saved).unwrap_or(u64::MAX);
            // What an average decision saves, in parts of 32 bits.
            let worth = (leaf.likelihood >> 32).saturating_mul(saved);
            let words = worth.saturating_mul(WORDS_AN_INSTRUCTION) >> 32;
            if u64::try_from(choice.growth).is_ok_and(|growth| growth <= words) {
                self.worth.push((worth, Reverse(at), choice));
            }
        }
        self.nodes.push(Node::Leaf(leaf, bucket));
        at
    }

    /// Cuts a leaf, if there is room for what that makes.
    fn cut(&mut self, at: usize, choice: &Choice) {
        let Some(room) = self.room.checked_sub(choice.growth) else { return };
        self.room = room;
        let column = choice.column;
        let Some(node) = self.nodes.get_mut(at) else { return };
        let Node::Leaf(leaf, bucket) = std::mem::replace(node, Node::Cut(column, vec![])) else {
            return;
        };
        // Classes that leave the same standing lead to the same place, unless they are unknown: for a
        // known class the column says nothing more; unknown is still two things.
        let mut alike: BTreeMap<(Vec<u32>, bool), Vec<Class>> = BTreeMap::new();
        for class in self.classes(column) {
            let words = bucket.table.possible(column, class).iter().enumerate();
            let standing = words.flat_map(|(word, standing)| bits(word, *standing));
            let standing = standing.filter_map(|bit| u32::try_from(bucket.conjunction(bit)?).ok());
            let standing = standing.collect();
            alike.entry((standing, class == UNKNOWN)).or_default().push(class);
        }
        let classes = alike.values().map(Vec::len).sum();
        let mut next = vec![at; classes];
        for ((conjunctions, unknown), alike) in alike {
            let mut asked = leaf.asked.clone();
            if unknown { &mut asked.unknown } else { &mut asked.settled }.insert(column);
            let share = leaf.likelihood / u64::try_from(classes).unwrap_or(u64::MAX);
            let likelihood = share.saturating_mul(u64::try_from(alike.len()).unwrap_or(1));
            let place = self.add(&conjunctions, Leaf { asked, likelihood });
            for class in alike {
                if let Some(next) = next.get_mut(usize::from(class)) {
                    *next = place;
                }
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            *node = Node::Cut(column, next);
        }
    }

    fn classes(&self, column: ColumnId) -> impl Iterator<Item = Class> + use<> {
        let classes = self.program.columns.get(column.index()).map_or(1, |column| column.classes());
        (0..classes).filter_map(|class| Class::try_from(class).ok())
    }

    /// The column by which a leaf is best cut, and what a decision saves by it; `None` where no cut
    /// saves anything.
    fn best_cut(&self, asked: &Asked, bucket: &Bucket) -> Option<(usize, Choice)> {
        let (mut mentions, mut policies) = (BTreeMap::new(), BTreeMap::new());
        for (bit, place) in bucket.each() {
            parts(self.program, place)
                .iter()
                .for_each(|part| note(&mut mentions, part.column, bit));
            if let Some(policy) = granting(self.program, place) {
                note(&mut policies, policy, bit);
            }
        }
        mentions.retain(|column, _| !asked.settled.contains(column));
        let whole = Table::cost(mentions.len(), bucket.conjunctions.len());
        let table = &bucket.table;
        let candidates = table.columns().filter(|column| !asked.unknown.contains(column));
        let choices = candidates.filter_map(|column| {
            let (mut cost, mut size) = (0, 0);
            let mut seen = BTreeSet::new();
            for class in self.classes(column) {
                let standing = table.possible(column, class);
                let meets = |bits: &Vec<u64>| bits.iter().zip(standing).any(|(a, b)| a & b != 0);
                let count = standing.iter().map(|word| word.count_ones()).sum::<u32>();
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                // What ends a policy stands for every class, and goes where the policy goes.
                let count = count.saturating_sub(policies.len())
                    + policies.values().filter(|bits| meets(bits)).count();
                let left = mentions
                    .iter()
                    .filter(|(of, bits)| (**of != column || class == UNKNOWN) && meets(bits));
                let left: Vec<ColumnId> = left.map(|(of, _)| *of).collect();
                cost += Table::cost(left.len(), count);
                if seen.insert((standing, class == UNKNOWN)) {
                    let rows = left.into_iter().map(|of| {
                        let unknown = of == column || asked.unknown.contains(&of);
                        if unknown { 1 } else { self.classes(of).count() }
                    });
                    size += Table::size_of(rows, count);
                }
            }
            let cost = cost / self.classes(column).count() + CUT;
            let growth = size.saturating_sub(table.size());
            Some((whole.checked_sub(cost).filter(|saved| *saved > 0)?, Choice { column, growth }))
        });
        choices
            .filter(|(_, choice)| choice.growth <= self.room)
            .max_by(|(one, by), (other, or)| one.cmp(other).then(or.column.cmp(&by.column)))
    }
}

/// Sets a bit of the words that belong to `key`.
fn note<K: Ord>(bits: &mut BTreeMap<K, Vec<u64>>, key: K, bit: usize) {
    let words = bits.entry(key).or_default();
    words.resize(words.len().max(bit / 64 + 1), 0);
    words.iter_mut().skip(bit / 64).take(1).for_each(|word| *word |= 1 << (bit % 64));
}

/// The nodes as a tree to follow, and its buckets.
fn flat(nodes: Vec<Node>) -> (Cuts, Box<[Bucket]>) {
    let (mut cuts, mut buckets) = (0, 0);
    let count = |count: &mut usize| std::mem::replace(count, *count + 1);
    let places: Vec<Next> = nodes
        .iter()
        .map(|node| match node {
            Node::Leaf(..) => Next::Bucket(count(&mut buckets)),
            Node::Cut(..) => Next::Cut(count(&mut cuts)),
        })
        .collect();
    let place = |at: usize| places.get(at).copied().unwrap_or(Next::Bucket(usize::MAX));
    let (mut cuts, mut buckets, mut lists) = (Vec::new(), Vec::new(), BTreeSet::new());
    for node in nodes {
        match node {
            Node::Leaf(_, mut bucket) => {
                bucket.table.share_columns(&mut lists);
                buckets.push(bucket);
            }
            Node::Cut(column, next) => {
                cuts.push(Cut { column, next: next.into_iter().map(place).collect() });
            }
        }
    }
    (Cuts::new(place(0), &cuts), buckets.into())
}
