//! Guarantees, decided.

use std::sync::Arc;

use super::requests::{Requests, Spaces};
use super::search::Found;
use super::space::Space;
use super::statements::carries;
use super::view::View;
use super::withheld::{Pair, withholding, worsening};
use crate::decide::{Request, decide};
use crate::model::{AttributeId, Reason, Value};
use crate::program::{Conjunctions, GuaranteeEntry, Program, ProgramClaim};

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
    let mut changes = Changes::of(program, budget);
    changes.decide();
    let mut decide = |(place, guarantee): (usize, &GuaranteeEntry)| {
        let holds = match &guarantee.claim {
            ProgramClaim::Withholding(_) | ProgramClaim::Monotone(_) => changes.holds(place),
            claim => all.claim(claim, &guarantee.when, budget),
        };
        let holds = holds.unwrap_or(Holds::Unknown { budget });
        Proof { id: guarantee.id.clone(), policy: guarantee.policy.clone(), holds }
    };
    program.guarantees.iter().enumerate().map(&mut decide).collect()
}

impl Requests {
    /// What comes of a claim about one request; `None` if the search gave up.
    fn claim(&mut self, claim: &ProgramClaim, when: &Conjunctions, budget: usize) -> Option<Holds> {
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

/// Every change of a value that some guarantee says never turns a refusal into a permit.
struct Changes<'p> {
    program: &'p Arc<Program>,
    all: Vec<Change<'p>>,
    budget: usize,
}

/// Makes the pairs of requests that differ in an attribute.
type Pairs = fn(&mut Space, &View, AttributeId) -> Vec<Pair>;

/// The change of the value of one attribute. `pairs` makes the changed requests.
struct Change<'p> {
    guarantee: usize,
    when: &'p Conjunctions,
    attribute: AttributeId,
    pairs: Pairs,
    /// What came of it: a refused request that it permits, if there is one.
    helps: Result<Option<Exception>, GaveUp>,
}

#[derive(Clone, Copy)]
struct GaveUp;

/// So many policies are looked at together.
const FEW: usize = 16;

impl<'p> Changes<'p> {
    fn of(program: &'p Arc<Program>, budget: usize) -> Self {
        // A derived value is nobody's to withhold or to choose: it follows from the others.
        let stated = |id: &&AttributeId| !program.vocabulary[**id].is_derived();
        let mut all = Vec::new();
        for (guarantee, entry) in program.guarantees.iter().enumerate() {
            let (attributes, pairs): (_, Pairs) = match &entry.claim {
                ProgramClaim::Withholding(attributes) => (attributes, withholding),
                ProgramClaim::Monotone(attributes) => (attributes, worsening),
                _ => continue,
            };
            let when = &entry.when;
            all.extend(attributes.iter().filter(stated).map(|attribute| Change {
                guarantee,
                when,
                attribute: *attribute,
                pairs,
                helps: Ok(None),
            }));
        }
        Self { program, all, budget }
    }

    /// Looks for refused requests that a change permits. Once permitted, some granting policy certainly
    /// governs it: among many policies, each is looked at with those few that can govern beside it.
    fn decide(&mut self) {
        let whole = View::of(self.program);
        let policies = self.program.policies.iter().enumerate();
        let many = self.program.policies.len() > FEW && !self.all.is_empty();
        for (policy, _) in policies.filter(|(_, entry)| many && entry.grants) {
            let view = whole.around(policy);
            let mut spaces = view.map(|view| Spaces::new(move || Requests::seen_by(view.clone())));
            for change in self.all.iter_mut().filter(|change| matches!(change.helps, Ok(None))) {
                change.helps = match &mut spaces {
                    Some(spaces) => change.helps(spaces.next(), Some(policy), self.budget),
                    None => Err(GaveUp),
                };
            }
        }
        let mut spaces = Spaces::new(|| Requests::new(self.program));
        for change in self.all.iter_mut().filter(|change| !many || change.helps.is_err()) {
            change.helps = change.helps(spaces.next(), None, self.budget);
        }
    }

    /// Whether a guarantee holds: the first exception, if there is one; `None` if the search gave up.
    fn holds(&mut self, guarantee: usize) -> Option<Holds> {
        let mut gave_up = false;
        for change in self.all.iter_mut().filter(|change| change.guarantee == guarantee) {
            match std::mem::replace(&mut change.helps, Ok(None)) {
                Ok(None) => {}
                Ok(Some(exception)) => return Some(Holds::Broken(Box::new(exception))),
                Err(GaveUp) => gave_up = true,
            }
        }
        (!gave_up).then_some(Holds::Proved)
    }
}

impl Change<'_> {
    /// A refused request that it permits; among those that are certainly governed by a policy, if one is
    /// named: policies apart from it need not be seen.
    fn helps(
        &self,
        all: &mut Requests,
        governing: Option<usize>,
        budget: usize,
    ) -> Result<Option<Exception>, GaveUp> {
        let Requests { space, view, stated } = all;
        let about = view.certain(space, self.when);
        for Pair { mut second, mut statements } in (self.pairs)(space, view, self.attribute) {
            statements.extend([about, !stated.permitted]);
            if let Some(policy) = governing {
                let governs = second.governs(space, policy, true);
                // Else more policies might govern the first.
                if view.governs(space, policy, true) != governs {
                    return Err(GaveUp);
                }
                statements.push(governs);
            }
            let mut budget = budget;
            match space.find_least(&statements, &mut budget) {
                Found::Nothing => {}
                Found::GaveUp => return Err(GaveUp),
                Found::Values(values) => {
                    let request = space.request(view, &values);
                    let changed = space.request(&second, &values);
                    if is_permitted(&request) || !is_permitted(&changed) {
                        return Err(GaveUp);
                    }
                    let instead = changed.value_of(self.attribute);
                    let attribute = view.program.vocabulary[self.attribute].name.clone();
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
