//! The tree that picks a bucket.

use super::classes::Class;
use super::column::ColumnId;

/// Where a [`Cut`] leads for one class.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// To the cut at this place.
    Cut(usize),
    /// To this bucket.
    Bucket(usize),
}

/// A node of the tree: by the class of a column.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The column.
    pub column: ColumnId,
    /// Where each class leads.
    pub next: Vec<Next>,
}

/// The tree, flat: a node is its column, the number of its classes, and for each where it leads.
#[derive(Clone, Debug)]
pub struct Cuts {
    words: Box<[u32]>,
    /// The first node is that at the start, or there is none and all is in this bucket.
    root: u32,
}

/// Marks a word that is a bucket, and not how far away a node is.
const BUCKET: u32 = 1 << 31;
/// The words of a node before where it leads.
const HEAD: usize = 2;

impl Default for Cuts {
    /// Everything is in the first bucket.
    fn default() -> Self {
        Self { words: Box::default(), root: BUCKET }
    }
}

impl Cuts {
    /// The tree of these nodes, entered at `root`, each before those that it leads to. A node or bucket
    /// that there is no room for leads nowhere.
    pub fn new(root: Next, nodes: &[Cut]) -> Self {
        let mut starts = Vec::with_capacity(nodes.len());
        let mut end = 0;
        for node in nodes {
            starts.push(end);
            end += HEAD + node.next.len();
        }
        // How far a node is from what comes after the head of another.
        let word = |next: Next, from: usize| {
            let (place, mark) = match next {
                Next::Cut(node) => (starts.get(node).and_then(|at| at.checked_sub(from)), 0),
                Next::Bucket(bucket) => (Some(bucket), BUCKET),
            };
            let place = place.and_then(|place| u32::try_from(place).ok());
            place.filter(|place| *place < BUCKET).map_or(u32::MAX, |place| place | mark)
        };
        let mut words = Vec::with_capacity(end);
        for node in nodes {
            words.extend([node.column.0, u32::try_from(node.next.len()).unwrap_or(0)]);
            let from = words.len();
            words.extend(node.next.iter().map(|next| word(*next, from)));
        }
        Self { words: words.into(), root: word(root, 0) }
    }

    /// The bucket for a request, by the class of each column. `ask` is told the columns that are asked
    /// on the way.
    #[inline]
    pub fn bucket(
        &self,
        class: impl Fn(ColumnId) -> Class,
        mut ask: impl FnMut(ColumnId),
    ) -> Option<usize> {
        let (mut next, mut rest) = (self.root, &*self.words);
        // What is left shrinks with every node.
        while next & BUCKET == 0 {
            let [column, classes, nexts @ ..] = rest.get(usize::try_from(next).ok()?..)? else {
                return None;
            };
            let column = ColumnId(*column);
            ask(column);
            let class = u32::from(class(column));
            next = *nexts.get(usize::try_from(class).ok()?).filter(|_| class < *classes)?;
            rest = nexts;
        }
        usize::try_from(next & !BUCKET).ok()
    }
}
