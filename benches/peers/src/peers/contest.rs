//! The peers in the contest of a workload: as shipped, and with an engine for each owner.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{Casbin, Cedar, Cel, Engine, Interpreted, Rvm, Sharded};
use crate::contest::Field;
use crate::measure::{Lane, Task};
use crate::neutral::OWNER;

/// A peer, as shipped and with an engine for each owner, and each request prepared.
pub struct OnPeer<E: Engine> {
    engine: E,
    prepared: Vec<E::Prepared>,
    sharded: Option<(Sharded<E>, Vec<E::Prepared>)>,
    /// How many decisions were compared, as shipped and sharded.
    pub compared: (usize, usize),
}

impl<E: Engine> OnPeer<E> {
    /// Loads it, and compares decisions with the scan's for as long as `patience`, at least sixteen.
    ///
    /// # Panics
    ///
    /// It decides otherwise.
    pub fn new(field: &Field<'_>, patience: Duration) -> Self {
        let workload = field.workload;
        let engine = E::load(workload, &workload.rules);
        let prepared = field.each(|typed| engine.prepare(typed));
        let sharded = workload.is_owned().then(|| {
            let mut owners: Vec<usize> = field
                .requests
                .iter()
                .map(|request| usize::try_from(request[OWNER]).unwrap())
                .collect();
            owners.sort_unstable();
            owners.dedup();
            let sharded = Sharded::<E>::load(workload, owners);
            let prepared = field.each(|typed| sharded.of(typed.words[OWNER]).prepare(typed));
            (sharded, prepared)
        });
        let mut on_peer = Self { engine, prepared, sharded, compared: (0, 0) };
        on_peer.compared.0 =
            compare(E::NAME, field, patience, |at| on_peer.engine.decide(&on_peer.prepared[at]));
        if let Some((sharded, prepared)) = &on_peer.sharded {
            on_peer.compared.1 = compare(E::NAME, field, patience, |at| {
                sharded.of(field.typed[at].words[OWNER]).decide(&prepared[at])
            });
        }
        on_peer
    }

    pub fn lanes<'a>(&'a self, field: &'a Field<'_>, lanes: &mut Vec<Lane<'a>>) {
        let Self { engine, prepared, sharded, .. } = self;
        let typed = &field.typed;
        lanes.push(Lane::new(E::NAME, Task::Decide, |at| engine.decide(&prepared[at])));
        lanes.push(Lane::new(E::NAME, Task::Typed, |at| {
            engine.decide(&engine.prepare(black_box(&typed[at])))
        }));
        if let Some((sharded, prepared)) = sharded {
            let name = format!("{} by owner", E::NAME);
            lanes.push(Lane::new(name.clone(), Task::Decide, |at| {
                sharded.of(typed[at].words[OWNER]).decide(&prepared[at])
            }));
            lanes.push(Lane::new(name, Task::Typed, |at| {
                let typed = black_box(&typed[at]);
                let engine = sharded.of(typed.words[OWNER]);
                engine.decide(&engine.prepare(typed))
            }));
        }
    }
}

fn compare(
    name: &str,
    field: &Field<'_>,
    patience: Duration,
    mut decide: impl FnMut(usize) -> bool,
) -> usize {
    let start = Instant::now();
    let all = field.requests.len();
    // Spread over all of them, however many there is time for.
    let mut compared = 0;
    for step in 0..all {
        if compared >= 16 && start.elapsed() > patience {
            break;
        }
        let at = step * 1_009 % all;
        assert_eq!(decide(at), field.permits[at], "{name} on {at} of {}", field.workload.name);
        compared += 1;
    }
    compared
}

/// All peers.
pub struct Peers {
    pub cel: OnPeer<Cel>,
    pub rvm: OnPeer<Rvm>,
    pub interpreted: OnPeer<Interpreted>,
    pub cedar: OnPeer<Cedar>,
    pub casbin: OnPeer<Casbin>,
}

impl Peers {
    pub fn new(field: &Field<'_>, patience: Duration) -> Self {
        Self {
            cel: OnPeer::new(field, patience),
            rvm: OnPeer::new(field, patience),
            interpreted: OnPeer::new(field, patience),
            cedar: OnPeer::new(field, patience),
            casbin: OnPeer::new(field, patience),
        }
    }

    pub fn lanes<'a>(&'a self, field: &'a Field<'_>, lanes: &mut Vec<Lane<'a>>) {
        self.cel.lanes(field, lanes);
        self.rvm.lanes(field, lanes);
        self.interpreted.lanes(field, lanes);
        self.cedar.lanes(field, lanes);
        self.casbin.lanes(field, lanes);
    }

    /// How many decisions were compared: as shipped, and by owner.
    pub fn compared(&self) -> Vec<(&'static str, (usize, usize))> {
        vec![
            (Cel::NAME, self.cel.compared),
            (Rvm::NAME, self.rvm.compared),
            (Interpreted::NAME, self.interpreted.compared),
            (Cedar::NAME, self.cedar.compared),
            (Casbin::NAME, self.casbin.compared),
        ]
    }
}
