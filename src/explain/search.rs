//! The search for changes that lead from a refusal to a permit.
//!
//! Every refusal has causes: a deny that takes part, a policy that permits nothing. What leads to a
//! permit does away with each of them, so each says of what one move at least must be part. Among the
//! causes the one that leaves the fewest is followed, move by move; a cause that leaves none ends the
//! search at once. Changes of one attribute come first, then of two, then of three. Whether they lead to
//! a permit is decided.

use super::causes::Causes;
use super::moves::{Move, Moved};
use crate::decide::Request;
use crate::model::Reason;
use crate::program::{Bucket, ClassSet, Row};

/// Attributes that are changed together, at most.
const LARGEST: usize = 3;

/// A search on a refused request.
pub(super) struct Search<'d> {
    moved: Moved<'d>,
    /// Moves that were followed already, with everything that they are part of.
    followed: Vec<Move>,
    found: Vec<Vec<Move>>,
}

impl<'d> Search<'d> {
    /// A search for what would have a refused request permitted.
    pub(super) fn new(request: &'d Request) -> Self {
        Self { moved: Moved::new(request), followed: Vec::new(), found: Vec::new() }
    }

    /// Every smallest change that leads to a permit, as far as the search goes: sorted moves. Given the
    /// bucket that says that the request is refused.
    pub(super) fn run(&mut self, bucket: &'d Bucket) -> Vec<Vec<Move>> {
        let row = self.moved.request.row();
        let causes = Causes::of(bucket);
        // Where nothing helps, that is known at once.
        let all = causes.moves(&mut self.moved, row, LARGEST);
        if all.is_empty() {
            return Vec::new();
        }
        for size in 1..LARGEST {
            let moves = causes.moves(&mut self.moved, row, size);
            self.follow_each(moves, size);
        }
        self.follow_each(all, LARGEST);
        let found = &self.found;
        let nearest = |one: &&Vec<Move>| !found.iter().any(|other| self.is_nearer(other, one));
        let mut nearest: Vec<Vec<Move>> = found.iter().filter(nearest).cloned().collect();
        nearest.sort();
        nearest
    }

    /// For each of some moves that lead to a permit, the classes that do: of numbers, also the better
    /// ones, up to the first that does not, whatever is taken of the others.
    pub(super) fn reach_of(&mut self, moves: &[Move]) -> Vec<ClassSet> {
        let program = self.moved.program;
        let mut reached: Vec<Vec<Move>> = moves.iter().map(|one| vec![*one]).collect();
        for (place, one) in moves.iter().enumerate().filter(|(_, one)| one.is_number(program)) {
            let Some((lever, target)) = one.of(program) else { continue };
            let further = lever.targets.iter().enumerate().skip(one.target + 1);
            let better = program.vocabulary[lever.attribute].better.is_some();
            for (target, _) in further.take_while(|(_, to)| better && to.column == target.column) {
                let further = Move { target, ..*one };
                let mut ways = reached.clone();
                ways.get_mut(place).into_iter().for_each(|own| *own = vec![further]);
                if !self.all_permit(&ways) {
                    break;
                }
                reached.get_mut(place).into_iter().for_each(|own| own.push(further));
            }
        }
        let classes = |own: &Vec<Move>| {
            let mut classes = ClassSet::default();
            let targets = own.iter().filter_map(|one| one.of(program));
            targets.for_each(|(_, target)| classes.insert(target.class));
            classes
        };
        reached.iter().map(classes).collect()
    }

    /// Whether the request is permitted whichever of these moves is taken of each.
    fn all_permit(&mut self, ways: &[Vec<Move>]) -> bool {
        let Some((first, others)) = ways.split_first() else {
            return self.moved.decide().is_some_and(|(_, reason, _)| reason == Reason::Permitted);
        };
        first.iter().all(|one| {
            if !self.moved.make(*one) {
                return false;
            }
            let permit = self.all_permit(others);
            self.moved.take_back();
            permit
        })
    }

    /// The row of the request after some moves.
    pub(super) fn row_after(&mut self, moves: &[Move]) -> Row {
        let made = moves.iter().filter(|one| self.moved.make(**one)).count();
        let row = self.moved.row();
        (0..made).for_each(|_| self.moved.take_back());
        row
    }

    /// Decides the request as moved so far, or follows it for so many moves more.
    fn follow(&mut self, more: usize) {
        let Some((row, reason, bucket)) = self.moved.decide() else { return };
        if more > 0 {
            let bucket = self.moved.program.buckets.get(bucket);
            let moves = bucket.map(|bucket| Causes::of(bucket).moves(&mut self.moved, &row, more));
            self.follow_each(moves.unwrap_or_default(), more);
        } else if reason == Reason::Permitted {
            let mut moves = self.moved.made().to_vec();
            moves.sort_unstable();
            self.found.push(moves);
        }
    }

    /// Follows each of some moves, the first of so many.
    fn follow_each(&mut self, moves: Vec<Move>, more: usize) {
        let followed = self.followed.len();
        for one in moves {
            if self.followed.contains(&one) || !self.moved.make(one) {
                continue;
            }
            if !self.is_larger(more - 1) {
                self.follow(more - 1);
            }
            self.moved.take_back();
            self.followed.push(one);
        }
        self.followed.truncate(followed);
    }

    /// Whether the moves made and so many more change what a smaller change does, and more.
    fn is_larger(&self, more: usize) -> bool {
        let size = self.moved.made().len() + more;
        self.found.iter().any(|found| {
            found.len() < size && found.iter().all(|one| self.moved.is_moved(one.lever))
        })
    }

    /// Whether the first asks for the same as the second, or for nearer numbers.
    fn is_nearer(&self, first: &[Move], second: &[Move]) -> bool {
        let as_near = |(one, other): (&Move, &Move)| {
            one == other
                || one.lever == other.lever
                    && one.target < other.target
                    && other.is_number(self.moved.program)
        };
        first.len() == second.len() && first != second && first.iter().zip(second).all(as_near)
    }
}
