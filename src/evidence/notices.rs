//! Notices of change, held per device until no evidence is old enough to be contradicted by them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::believe::Report;
use crate::model::{Instant, Limits, Statement};

/// Notices in force, by the issuer whose evidence they are about.
#[derive(Debug)]
pub(super) struct Notices {
    held: RwLock<BTreeMap<Box<str>, About>>,
    most_devices: usize,
}

/// What is held about the devices of one issuer.
#[derive(Debug, Default)]
struct About {
    every: Held,
    devices: BTreeMap<Box<str>, Held>,
}

/// What is held about one device, or every one: of each source and kind the latest.
#[derive(Clone, Debug, Default)]
struct Held {
    sources: Vec<Origin>,
    statements: Option<Arc<[Statement]>>,
}

/// Where a notice came from: its issuer and its kind.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Origin {
    pub from: Box<str>,
    pub kind: Box<str>,
}

/// One notice, to be kept elsewhere.
#[derive(Debug)]
pub(super) struct Kept {
    pub issuer: Box<str>,
    pub device: Option<Box<str>>,
    pub origin: Origin,
    pub statement: Statement,
}

/// The origin of what stands for notices that there was no room for.
const FORGOTTEN: &str = "forgotten";

impl Notices {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { held: RwLock::default(), most_devices: limits.devices_with_notices }
    }

    /// What is held about a device, and about every device, of an issuer.
    pub(super) fn about(
        &self,
        issuer: &str,
        device: Option<&str>,
    ) -> [Option<Arc<[Statement]>>; 2] {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let Some(about) = held.get(issuer) else { return [None, None] };
        let of_device = device.and_then(|device| about.devices.get(device));
        [of_device.and_then(|held| held.statements.clone()), about.every.statements.clone()]
    }

    /// Holds a notice. Whether it changed anything: one that is older than what is held does not.
    pub(super) fn hold(&self, report: Report) -> bool {
        let origin = Origin { from: report.from.name.clone(), kind: report.kind };
        let mut changed = false;
        for issuer in report.about {
            let device = report.device.clone();
            let (origin, statement) = (origin.clone(), report.statement.clone());
            changed |= self.keep(Kept { issuer, device, origin, statement });
        }
        changed
    }

    /// Holds one notice about one issuer's devices.
    pub(super) fn keep(&self, kept: Kept) -> bool {
        let Kept { issuer, device, origin, statement } = kept;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let Some(device) = device else {
            return held.entry(issuer).or_default().every.hold(origin, statement);
        };
        let is_held = held.get(&issuer).is_some_and(|about| about.devices.contains_key(&device));
        let devices: usize = held.values().map(|about| about.devices.len()).sum();
        if !is_held && devices >= self.most_devices {
            forget_oldest(&mut held);
        }
        let about = held.entry(issuer).or_default();
        if self.most_devices > 0 {
            about.devices.entry(device).or_default().hold(origin, statement)
        } else {
            about.forget(statement.at);
            true
        }
    }

    /// Everything that is held.
    pub(super) fn all(&self) -> Vec<Kept> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for (issuer, about) in &*held {
            let devices = about.devices.iter().map(|(device, held)| (Some(device), held));
            for (device, held) in devices.chain([(None, &about.every)]) {
                let statements = held.statements.iter().flat_map(|statements| statements.iter());
                for (origin, statement) in held.sources.iter().zip(statements) {
                    all.push(Kept {
                        issuer: issuer.clone(),
                        device: device.cloned(),
                        origin: origin.clone(),
                        statement: statement.clone(),
                    });
                }
            }
        }
        all
    }
}

impl Held {
    fn hold(&mut self, origin: Origin, statement: Statement) -> bool {
        let mut statements: Vec<Statement> =
            self.statements.as_deref().unwrap_or_default().to_vec();
        match self.sources.iter().position(|held| *held == origin) {
            None => {
                self.sources.push(origin);
                statements.push(statement);
            }
            Some(place) => {
                let Some(held) = statements.get_mut(place) else { return false };
                // Of two at one instant the one that contradicts stays.
                let later = (statement.at, statement.contradicts) > (held.at, held.contradicts);
                if !later {
                    return false;
                }
                *held = statement;
            }
        }
        self.statements = Some(statements.into());
        true
    }

    /// The latest event that is held.
    fn latest(&self) -> Option<Instant> {
        self.statements.iter().flat_map(|all| all.iter()).map(|statement| statement.at).max()
    }
}

/// Makes room: of all devices those whose last notice is oldest are forgotten, a sixteenth of them.
fn forget_oldest(held: &mut BTreeMap<Box<str>, About>) {
    let devices = held.values().flat_map(|about| about.devices.values());
    let mut latest: Vec<Instant> = devices.filter_map(Held::latest).collect();
    latest.sort();
    let Some(until) = latest.get(latest.len() / 16).copied() else { return };
    for about in held.values_mut() {
        let before = about.devices.len();
        about.devices.retain(|_, held| held.latest().is_some_and(|latest| latest > until));
        if about.devices.len() < before {
            about.forget(until);
        }
    }
}

impl About {
    /// Fails closed for what is forgotten: whatever evidence is not younger is contradicted.
    fn forget(&mut self, until: Instant) {
        let origin = Origin { from: FORGOTTEN.into(), kind: FORGOTTEN.into() };
        let statement = Statement { at: until, contradicts: true, values: Vec::new() };
        self.every.hold(origin, statement);
    }
}
