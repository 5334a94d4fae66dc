//! Whole numbers within bounds of each other: found, or shown not to be (Bellman and Ford's shortest
//! paths).

/// An upper bound on how far one number lies above another.
#[derive(Clone, Copy, Debug)]
struct Edge {
    above: usize,
    below: usize,
    most: i128,
}

/// Numbers, and bounds on them and on their differences.
#[derive(Clone, Debug)]
pub(super) struct Differences {
    /// One for each number, and one more that stands for zero.
    numbers: usize,
    edges: Vec<Edge>,
}

impl Differences {
    /// So many numbers, without bounds.
    pub(super) fn new(numbers: usize) -> Self {
        Self { numbers, edges: Vec::new() }
    }

    /// That a number is within these bounds.
    pub(super) fn bound(&mut self, number: usize, least: i128, most: i128) {
        self.apart(number, self.numbers, least, most);
    }

    /// That `left - right` is within these bounds; the extremes of `i128` are none.
    pub(super) fn apart(&mut self, left: usize, right: usize, least: i128, most: i128) {
        if most != i128::MAX {
            self.edges.push(Edge { above: left, below: right, most });
        }
        if least != i128::MIN {
            self.edges.push(Edge { above: right, below: left, most: -least });
        }
    }

    /// Numbers within all bounds, where besides no pair of `apart` is equal.
    pub(super) fn solve_with(&self, apart: &[(usize, usize)]) -> Option<Vec<i128>> {
        let Some(((left, right), rest)) = apart.split_first() else { return self.solve() };
        [(1, i128::MAX), (i128::MIN, -1)].into_iter().find_map(|(least, most)| {
            let mut differences = self.clone();
            differences.apart(*left, *right, least, most);
            differences.solve_with(rest)
        })
    }

    fn solve(&self) -> Option<Vec<i128>> {
        let mut numbers = vec![0_i128; self.numbers + 1];
        for round in 0..=numbers.len() {
            let mut changed = false;
            for Edge { above, below, most } in &self.edges {
                let bound = numbers.get(*below)?.saturating_add(*most);
                let number = numbers.get_mut(*above)?;
                if *number > bound {
                    *number = bound;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
            if round == numbers.len() {
                return None;
            }
        }
        let zero = numbers.pop()?;
        Some(numbers.into_iter().map(|number| number - zero).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Differences;

    #[test]
    fn numbers_within_bounds_of_each_other_are_found() {
        let mut differences = Differences::new(2);
        differences.bound(0, 10, 20);
        differences.apart(1, 0, 5, 5);
        let solution = differences.solve_with(&[]).unwrap_or_default();
        assert!(
            matches!(solution.as_slice(), [first, second] if (10..=20).contains(first) && second - first == 5)
        );
    }

    #[test]
    fn bounds_that_contradict_each_other_have_no_solution() {
        let mut differences = Differences::new(2);
        differences.apart(0, 1, 1, i128::MAX);
        differences.apart(1, 0, 0, i128::MAX);
        assert_eq!(differences.solve_with(&[]), None);
    }

    #[test]
    fn numbers_that_must_differ_do() {
        let mut differences = Differences::new(2);
        differences.bound(0, 3, 3);
        differences.bound(1, 2, 3);
        assert_eq!(differences.solve_with(&[(0, 1)]), Some(vec![3, 2]));
    }
}
