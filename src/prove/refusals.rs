//! What refuses: denies that take part, and the silence of policies.

use std::sync::Arc;

use batsat::Lit;

use super::named::Named;
use super::requests::Requests;
use super::search::Found;
use crate::model::Effect;

/// Something that may refuse a request, and that it does.
pub(super) type Refusal = (Named, Lit);

impl Requests {
    /// The silence of every granting policy, and every deny.
    pub(super) fn refusals(&self) -> Vec<Refusal> {
        let program = Arc::clone(&self.view.program);
        let counts = self.stated.counts.iter().enumerate();
        let denies = counts.filter(|(rule, _)| {
            program.rules.get(*rule).is_some_and(|rule| rule.effect == Effect::Deny)
        });
        let denies =
            denies.filter_map(|(rule, literal)| Some((Named::of_rule(&program, rule)?, *literal)));
        let silences = self.stated.agreed.iter().filter_map(|(policy, agrees)| {
            let policy = program.text(program.policies.get(*policy)?.name).to_owned();
            Some((Named { policy, rule: None }, !*agrees))
        });
        silences.chain(denies).collect()
    }

    /// Those of the refusals one of which refuses every request of which `assumed` is true: as few as will
    /// do. `None` if the search gave up.
    pub(super) fn refusing(
        &mut self,
        assumed: &[Lit],
        refusals: &[Refusal],
        budget: usize,
    ) -> Option<Vec<Named>> {
        let mut others = assumed.to_vec();
        let mut refusing: Vec<Refusal> = Vec::new();
        loop {
            let mut budget = budget;
            match self.space.find(&others, &mut budget) {
                Found::GaveUp => return None,
                Found::Nothing => break,
                Found::Values(_) => {
                    let holds = |literal: Lit| self.space.circuit.holds(literal);
                    let Some(refusal) = refusals.iter().find(|(_, literal)| holds(*literal)) else {
                        break;
                    };
                    others.push(!refusal.1);
                    refusing.push(refusal.clone());
                }
            }
        }
        Some(self.needed(assumed, refusing, budget))
    }
}
