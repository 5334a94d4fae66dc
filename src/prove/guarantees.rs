//! Guarantees, decided.

use std::sync::Arc;

use super::requests::Requests;
use super::search::Found;
use super::space::Space;
use super::statements::carries;
use super::view::View;
use super::withheld::{Pair, withholding, worsening};
use crate::decide::{Request, decide};
use crate::model::{AttributeId, Reason, Value};
use crate::program::{GuaranteeEntry, Part, Program, ProgramClaim};

/// What came of a guarantee.
#[derive(Debug)]
pub struct Proof {
    /// Its name.
    pub id: String,
    /// The policy that states it; `None` for the set itself.
    pub policy: Option<String>,
    /// Whether it holds.
    pub holds: Holds,
}

/// Whether a guarantee holds of every request that there can be.
#[derive(Debug)]
pub enum Holds {
    /// Of every one.
    Proved,
    /// Not of this one.
    Broken(Box<Exception>),
    /// The search gave up within this budget.
    Unknown {
        /// The steps that it had.
        budget: usize,
    },
}

/// A request that breaks a guarantee. It states no more than it must.
#[derive(Debug)]
pub struct Exception {
    /// The request.
    pub request: Request,
    /// The change of one value that turns its refusal into a permit, where the guarantee says that
    /// none such does.
    pub change: Option<Helps>,
}

/// A value that helps whoever states it, or withholds the other.
#[derive(Debug)]
pub struct Helps {
    /// The attribute.
    pub attribute: String,
    /// The value in place of the one in the request; `None` where it is unknown.
    pub instead: Option<Value>,
}

/// Decides every guarantee of a program that was compiled for proofs.
///
/// A guarantee speaks of the policies: the gateway is taken to carry out every obligation, and
/// parameters to be known. It speaks of the requests for which its `when` is certainly true. `budget`
/// bounds the steps of each proof.
pub(crate) fn prove(program: &Arc<Program>, budget: usize) -> Vec<Proof> {
    let mut all = Requests::new(program);
    let mut decide = |guarantee: &GuaranteeEntry| {
        let when = &guarantee.when;
        let holds = match &guarantee.claim {
            ProgramClaim::Withholding(attributes) => {
                no_pair(program, when, attributes, budget, withholding)
            }
            ProgramClaim::Monotone(attributes) => {
                no_pair(program, when, attributes, budget, worsening)
            }
            claim => all.claim(claim, when, budget),
        };
        let holds = holds.unwrap_or(Holds::Unknown { budget });
        Proof { id: guarantee.id.clone(), policy: guarantee.policy.clone(), holds }
    };
    program.guarantees.iter().map(&mut decide).collect()
}

impl Requests {
    /// What comes of a claim about one request; `None` if the search gave up.
    fn claim(&mut self, claim: &ProgramClaim, when: &[Vec<Part>], budget: usize) -> Option<Holds> {
        let Self { space, view, stated } = self;
        let about = view.certain(space, when);
        let (statements, permitted) = match claim {
            ProgramClaim::NeverPermit => (vec![about, stated.permitted], true),
            ProgramClaim::AlwaysPermit => (vec![about, !stated.permitted], false),
            ProgramClaim::PermitsCarry(obligations) => {
                let mut carried = Vec::new();
                for obligation in obligations {
                    carried.push(carries(space, view, *obligation));
                }
                (vec![about, stated.permitted, !space.circuit.and(carried)], true)
            }
            ProgramClaim::Monotone(_) | ProgramClaim::Withholding(_) => return None,
        };
        let mut budget = budget;
        match space.find_least(&statements, &mut budget) {
            Found::Nothing => Some(Holds::Proved),
            Found::GaveUp => None,
            Found::Values(values) => {
                let request = space.request(view, &values);
                let as_found = is_permitted(&request) == permitted;
                let exception = Exception { request, change: None };
                as_found.then(|| Holds::Broken(Box::new(exception)))
            }
        }
    }
}

/// Whether no change of one of these attributes turns a refusal into a permit; `None` if the search
/// gave up.
fn no_pair(
    program: &Arc<Program>,
    when: &[Vec<Part>],
    attributes: &[AttributeId],
    budget: usize,
    pairs: fn(&mut Space, &View, AttributeId) -> Vec<Pair>,
) -> Option<Holds> {
    let mut gave_up = false;
    // A derived value is nobody's to withhold or to choose: it follows from the others.
    let stated = |id: &&AttributeId| !program.vocabulary[**id].is_derived();
    for attribute in attributes.iter().filter(stated) {
        let change = Change { program, when, attribute: *attribute, budget, pairs };
        match change.helps() {
            Ok(None) => {}
            Ok(Some(exception)) => return Some(Holds::Broken(Box::new(exception))),
            Err(GaveUp) => gave_up = true,
        }
    }
    (!gave_up).then_some(Holds::Proved)
}

/// A change of the value of one attribute. `pairs` makes the changed requests, of a space of their
/// own: what is not asked about costs time, too.
struct Change<'p> {
    program: &'p Arc<Program>,
    when: &'p [Vec<Part>],
    attribute: AttributeId,
    budget: usize,
    pairs: fn(&mut Space, &View, AttributeId) -> Vec<Pair>,
}

struct GaveUp;

/// So many policies are looked at together.
const FEW: usize = 16;

impl Change<'_> {
    /// A refused request that it permits. Once permitted, some granting policy certainly governs it:
    /// among many policies, each is looked at with those few that can govern beside it.
    fn helps(&self) -> Result<Option<Exception>, GaveUp> {
        if self.program.policies.len() > FEW
            && let Ok(found) = self.helps_policy_by_policy()
        {
            return Ok(found);
        }
        self.helps_seen_by(View::of(self.program), None)
    }

    fn helps_policy_by_policy(&self) -> Result<Option<Exception>, GaveUp> {
        let whole = View::of(self.program);
        let granting = self.program.policies.iter().enumerate().filter(|(_, entry)| entry.grants);
        for (policy, _) in granting {
            let view = whole.around(policy).ok_or(GaveUp)?;
            if let Some(exception) = self.helps_seen_by(view, Some(policy))? {
                return Ok(Some(exception));
            }
        }
        Ok(None)
    }

    /// The same, among the requests that are certainly governed by a policy, if one is named: those
    /// policies apart from it need not be seen.
    fn helps_seen_by(
        &self,
        view: View,
        governing: Option<usize>,
    ) -> Result<Option<Exception>, GaveUp> {
        let Requests { mut space, mut view, stated } = Requests::seen_by(view);
        let about = view.certain(&mut space, self.when);
        for Pair { mut second, mut statements } in (self.pairs)(&mut space, &view, self.attribute) {
            statements.extend([about, !stated.permitted]);
            if let Some(policy) = governing {
                let governs = second.governs(&mut space, policy, true);
                // Else more policies might govern the first.
                if view.governs(&mut space, policy, true) != governs {
                    return Err(GaveUp);
                }
                statements.push(governs);
            }
            let mut budget = self.budget;
            match space.find_least(&statements, &mut budget) {
                Found::Nothing => {}
                Found::GaveUp => return Err(GaveUp),
                Found::Values(values) => {
                    let request = space.request(&view, &values);
                    let changed = space.request(&second, &values);
                    if is_permitted(&request) || !is_permitted(&changed) {
                        return Err(GaveUp);
                    }
                    let instead = changed.value_of(self.attribute);
                    let attribute = self.program.vocabulary[self.attribute].name.clone();
                    let change = Some(Helps { attribute, instead });
                    return Ok(Some(Exception { request, change }));
                }
            }
        }
        Ok(None)
    }
}

/// Whether the policies permit a request, whatever the gateway can carry out.
pub(super) fn is_permitted(request: &Request) -> bool {
    matches!(decide(request).reason(), Reason::Permitted | Reason::Unenforceable)
}
