//! Whole numbers within bounds of each other: found, or shown not to be (Bellman and Ford's shortest
//! paths), with the bounds that are to blame.

use std::collections::BTreeSet;

/// An upper bound on how far one number lies above another.
#[derive(Clone, Debug)]
struct Edge<R> {
    above: usize,
    below: usize,
    most: i128,
    why: R,
}

/// Numbers, and bounds on them and on their differences, each with its reason.
#[derive(Clone, Debug)]
pub(super) struct Numbers<R> {
    /// One for each number, and one more that stands for zero.
    count: usize,
    edges: Vec<Edge<R>>,
    apart: Vec<(usize, usize, R)>,
}

impl<R: Clone + Ord> Numbers<R> {
    /// So many numbers, without bounds.
    pub(super) fn new(count: usize) -> Self {
        Self { count, edges: Vec::new(), apart: Vec::new() }
    }

    /// That a number is at least this.
    pub(super) fn at_least(&mut self, number: usize, least: i128, why: R) {
        self.edges.push(Edge { above: self.count, below: number, most: -least, why });
    }

    /// That a number is at most this.
    pub(super) fn at_most(&mut self, number: usize, most: i128, why: R) {
        self.edges.push(Edge { above: number, below: self.count, most, why });
    }

    /// That `above - below` is at most this.
    pub(super) fn difference(&mut self, above: usize, below: usize, most: i128, why: R) {
        self.edges.push(Edge { above, below, most, why });
    }

    /// That two numbers are not equal.
    pub(super) fn apart(&mut self, left: usize, right: usize, why: R) {
        self.apart.push((left, right, why));
    }

    /// Numbers within all bounds.
    ///
    /// # Errors
    ///
    /// There are none: the reasons of bounds that contradict each other.
    pub(super) fn solve(&self) -> Result<Vec<i128>, BTreeSet<R>> {
        self.solve_with(&self.apart)
    }

    fn solve_with(&self, apart: &[(usize, usize, R)]) -> Result<Vec<i128>, BTreeSet<R>> {
        let numbers = self.shortest()?;
        let equal =
            |(left, right, _): &&(usize, usize, R)| numbers.get(*left) == numbers.get(*right);
        let Some((left, right, why)) = apart.iter().find(equal) else { return Ok(numbers) };
        let mut blame = BTreeSet::from([why.clone()]);
        for (above, below) in [(*left, *right), (*right, *left)] {
            let mut one_way = self.clone();
            one_way.difference(above, below, -1, why.clone());
            match one_way.solve_with(apart) {
                Ok(numbers) => return Ok(numbers),
                Err(reasons) => blame.extend(reasons),
            }
        }
        Err(blame)
    }

    fn shortest(&self) -> Result<Vec<i128>, BTreeSet<R>> {
        let mut numbers = vec![0_i128; self.count + 1];
        let mut set_by: Vec<Option<&Edge<R>>> = vec![None; self.count + 1];
        let mut last = None;
        for _ in 0..=numbers.len() {
            last = None;
            for edge in &self.edges {
                let bound =
                    numbers.get(edge.below).map_or(0, |below| below.saturating_add(edge.most));
                if let (Some(number), Some(by)) =
                    (numbers.get_mut(edge.above), set_by.get_mut(edge.above))
                    && *number > bound
                {
                    (*number, *by, last) = (bound, Some(edge), Some(edge.above));
                }
            }
            if last.is_none() {
                break;
            }
        }
        if let Some(last) = last {
            return Err(blame(&set_by, last));
        }
        let zero = numbers.pop().unwrap_or_default();
        Ok(numbers.into_iter().map(|number| number - zero).collect())
    }
}

/// The reasons of the circle that is reached by going back along the bounds that set the numbers.
fn blame<R: Clone + Ord>(set_by: &[Option<&Edge<R>>], last: usize) -> BTreeSet<R> {
    let back = |at: usize| set_by.get(at).copied().flatten();
    // So many steps back from anywhere lead into the circle.
    let inside = (0..set_by.len()).fold(last, |at, _| back(at).map_or(at, |edge| edge.below));
    let mut reasons = BTreeSet::new();
    let mut at = inside;
    for _ in 0..set_by.len() {
        let Some(edge) = back(at) else { break };
        reasons.insert(edge.why.clone());
        at = edge.below;
        if at == inside {
            break;
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Numbers;

    #[test]
    fn numbers_within_bounds_of_each_other_are_found() {
        let mut numbers = Numbers::new(2);
        numbers.at_least(0, 10, "least");
        numbers.at_most(0, 20, "most");
        numbers.difference(1, 0, 5, "at most 5 apart");
        numbers.difference(0, 1, -5, "at least 5 apart");
        let solution = numbers.solve().unwrap_or_default();
        assert!(
            matches!(solution.as_slice(), [first, second] if (10..=20).contains(first) && second - first == 5)
        );
    }

    #[test]
    fn bounds_that_contradict_each_other_are_named_and_no_others() {
        let mut numbers = Numbers::new(3);
        numbers.at_least(2, 7, "another matter");
        numbers.difference(0, 1, -1, "first below second");
        numbers.difference(1, 0, -1, "second below first");
        let blamed = BTreeSet::from(["first below second", "second below first"]);
        assert_eq!(numbers.solve(), Err(blamed));
    }

    #[test]
    fn numbers_that_must_differ_do() {
        let mut numbers = Numbers::new(2);
        numbers.at_least(0, 3, "first");
        numbers.at_most(0, 3, "first");
        numbers.at_least(1, 2, "second");
        numbers.at_most(1, 3, "second");
        numbers.apart(0, 1, "apart");
        assert_eq!(numbers.solve(), Ok(vec![3, 2]));
    }

    #[test]
    fn numbers_that_cannot_differ_are_blamed_on_what_fixes_them_too() {
        let mut numbers = Numbers::new(2);
        numbers.difference(0, 1, 0, "not above");
        numbers.difference(1, 0, 0, "not below");
        numbers.apart(0, 1, "apart");
        assert_eq!(numbers.solve(), Err(BTreeSet::from(["apart", "not above", "not below"])));
    }
}
