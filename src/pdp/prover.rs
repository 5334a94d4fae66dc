//! What is true of every request to a policy set.

use std::sync::Arc;

use crate::compile::{Purpose, compile};
use crate::decide::Decision;
use crate::model::{AttributeId, Findings, Limits, Value};
use crate::policy::PolicySet;
use crate::program::Program;
use crate::prove::{
    self, Answered, Cell, Cells, Conflicts, GivenAway, Proof, Query, Regions, RuleStatus, Silences,
};

/// Answers questions about every request that there can be to a policy set.
///
/// The gateway is taken to carry out every obligation, and the parameters of obligations to be known:
/// what is permitted is what the policies permit. Each search takes at most
/// [`Limits::proof_steps`](crate::Limits) steps; where one gives up, that is what the answer says.
#[derive(Debug)]
pub struct Prover {
    program: Arc<Program>,
    steps: usize,
}

impl Prover {
    /// For a policy set.
    ///
    /// # Errors
    ///
    /// The set goes beyond what can be compiled.
    pub fn new(set: &PolicySet, limits: &Limits) -> Result<Self, Findings> {
        let (program, _) = compile(set, limits, Purpose::Prove)?;
        Ok(Self { program: Arc::new(program), steps: limits.proof_steps })
    }

    /// Decides every guarantee, in the order of [`PolicySet::guarantees`]. A guarantee speaks of the
    /// requests for which its `when` is certainly true.
    pub fn guarantees(&self) -> Vec<Proof> {
        prove::prove(&self.program, self.steps)
    }

    /// Finds every attribute whose withholding can turn a refusal into a permit, with the author's
    /// declarations that let it.
    pub fn silences(&self) -> Silences {
        prove::silences(&self.program, self.steps)
    }

    /// Whether each rule matters, by policy and rule in the order of their names.
    pub fn statuses(&self) -> Vec<RuleStatus> {
        prove::statuses(&self.program, self.steps)
    }

    /// For each granting policy that has such, requests with these values that it governs and no rule
    /// speaks of: at most so many regions of them. They are refused.
    pub fn gaps(&self, given: &[(AttributeId, Value)], most: usize) -> Vec<(String, Regions)> {
        prove::gaps(&self.program, given, most, self.steps)
    }

    /// Every permit and deny that meet: some request would be permitted by the one but for the other.
    /// Most sets have many, and mean them.
    pub fn conflicts(&self) -> Conflicts {
        prove::conflicts(&self.program, self.steps)
    }

    /// What requests with the given values come to, for each row and each column of further values:
    /// `cells[row][column]`.
    pub fn matrix(
        &self,
        given: &[(AttributeId, Value)],
        (row, rows): (AttributeId, &[Value]),
        (column, columns): (AttributeId, &[Value]),
    ) -> Vec<Vec<Cell>> {
        let mut cells = Cells::new(&self.program, given, self.steps);
        let mut cell = |of_row: &Value, of_column: &Value| {
            cells.cell(&[(row, of_row.clone()), (column, of_column.clone())])
        };
        let mut line = |value: &Value| columns.iter().map(|other| cell(value, other)).collect();
        rows.iter().map(&mut line).collect()
    }

    /// Whether questions may give a value of the attribute: of a derived one that no condition uses,
    /// nothing is known here.
    pub fn is_asked(&self, attribute: AttributeId) -> bool {
        let derived = |id: AttributeId| self.program.vocabulary[id].is_derived();
        !derived(attribute) || self.program.columns.iter().any(|one| one.attribute == attribute)
    }

    /// Words for the user that give away a hidden fact: only those are told them who are refused by
    /// denies that test it.
    pub fn given_away(&self) -> Vec<GivenAway> {
        prove::given_away(&self.program, self.steps)
    }

    /// Answers a query with at most so many regions.
    pub fn query(&self, query: &Query, most: usize) -> Answered {
        prove::query(&self.program, query, most, self.steps)
    }

    /// The fewest facts of a request that force the decision on it: whether it is permitted, whatever
    /// the others are. Each with its value, `None` where it is unknown.
    ///
    /// A derived value that was stated outright is such a fact, in place of those that it is derived
    /// from. `None` if the search gave up, or if what was stated outright goes with no request that a
    /// gateway could make.
    pub fn forcing(&self, decision: &Decision<'_>) -> Option<Vec<(String, Option<Value>)>> {
        let request = decision.request();
        let ids = prove::forcing(&self.program, request, self.steps)?;
        let name = |id: AttributeId| self.program.vocabulary[id].name.clone();
        Some(ids.into_iter().map(|id| (name(id), request.value(&name(id)))).collect())
    }
}
