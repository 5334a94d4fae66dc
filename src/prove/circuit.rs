//! Statements as literals of a SAT solver: gates that name what they come to.

use std::collections::BTreeMap;

use batsat::{Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, lbool};

/// What solving came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Solved {
    /// All of it can be true at once: [`Circuit::holds`] tells how.
    Yes,
    /// It cannot: [`Circuit::core`] tells which assumptions are to blame.
    No,
    /// The budget was spent before that could be said.
    GaveUp,
}

/// Literals, gates over them, and what they must satisfy.
///
/// A gate is defined both ways, so that it can be asked to be true and to be false; equal gates are
/// one literal.
pub(super) struct Circuit {
    sat: Solver<Conflicts>,
    gates: BTreeMap<Vec<Lit>, Lit>,
    always: Lit,
    /// A buffer that is kept.
    clause: Vec<Lit>,
}

/// Conflicts that may still be met: the measure of work, the same on every machine.
struct Conflicts(usize);

impl Callbacks for Conflicts {
    fn on_new_clause(&mut self, _: &[Lit], kind: ClauseKind) {
        if kind == ClauseKind::Learnt {
            self.0 = self.0.saturating_sub(1);
        }
    }

    fn stop(&self) -> bool {
        self.0 == 0
    }
}

impl Circuit {
    /// No statements.
    pub(super) fn new() -> Self {
        let mut sat = Solver::new(SolverOpts::default(), Conflicts(0));
        let always = Lit::new(sat.new_var_default(), true);
        sat.add_clause_reuse(&mut vec![always]);
        Self { sat, gates: BTreeMap::new(), always, clause: Vec::new() }
    }

    /// What is always true.
    pub(super) fn always(&self) -> Lit {
        self.always
    }

    /// What is never true.
    pub(super) fn never(&self) -> Lit {
        !self.always
    }

    /// Something that may be true or false; false where nothing asks for more.
    pub(super) fn open(&mut self) -> Lit {
        Lit::new(self.sat.new_var(lbool::FALSE, true), true)
    }

    /// That one of these is so.
    pub(super) fn require(&mut self, some_of: impl IntoIterator<Item = Lit>) {
        self.clause.clear();
        self.clause.extend(some_of);
        self.sat.add_clause_reuse(&mut self.clause);
    }

    /// All of them.
    pub(super) fn and(&mut self, parts: impl IntoIterator<Item = Lit>) -> Lit {
        let mut parts: Vec<Lit> = parts.into_iter().filter(|part| *part != self.always).collect();
        parts.sort_unstable();
        parts.dedup();
        let contradicts = |pair: &[Lit]| matches!(pair, [one, other] if *one == !*other);
        if parts.contains(&self.never()) || parts.windows(2).any(contradicts) {
            return self.never();
        }
        match parts.as_slice() {
            [] => return self.always,
            [only] => return *only,
            _ => {}
        }
        if let Some(gate) = self.gates.get(&parts) {
            return *gate;
        }
        let gate = self.open();
        for part in &parts {
            self.require([!gate, *part]);
        }
        self.require(parts.iter().map(|part| !*part).chain([gate]));
        self.gates.insert(parts, gate);
        gate
    }

    /// Some of them.
    pub(super) fn or(&mut self, parts: impl IntoIterator<Item = Lit>) -> Lit {
        !self.and(parts.into_iter().map(|part| !part))
    }

    /// Whether these can all be true, within a budget of conflicts, which is used up.
    pub(super) fn solve(&mut self, assumed: &[Lit], budget: &mut usize) -> Solved {
        self.sat.cb_mut().0 = *budget;
        let solved = self.sat.solve_limited(assumed);
        *budget = self.sat.cb().0;
        match solved {
            _ if solved == lbool::TRUE => Solved::Yes,
            _ if solved == lbool::FALSE => Solved::No,
            _ => Solved::GaveUp,
        }
    }

    /// Whether it is true in what was found last.
    pub(super) fn holds(&self, literal: Lit) -> bool {
        self.sat.value_lit(literal) == lbool::TRUE
    }
}
