//! Verified tokens, remembered: a session's later requests cost no signature.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::believe::Verified;
use crate::model::{Instant, Limits};

/// Verified tokens, by their exact bytes: a digest of them would take five times as long as all else.
///
/// Only what verified is remembered, so that whoever cannot sign cannot write here. Of one device (or
/// of one issuer's tokens that name none) so many are held, and a further one replaces the oldest of
/// that device: whoever holds the keys of *m* devices occupies at most *m* times that number, however
/// many tokens they send. When all places are taken, a new token replaces one that has expired, that
/// was verified under earlier keys, or that nobody showed again since the search last came by: what is
/// in use outlasts as many new tokens as there are places that are not.
#[derive(Debug)]
pub(super) struct Memory {
    table: RwLock<Table>,
    most: usize,
    most_of_device: usize,
}

#[derive(Debug, Default)]
struct Table {
    /// Whoever would choose tokens of one hash would have to sign them.
    places: FxHashMap<Arc<[u8]>, usize>,
    entries: Vec<Entry>,
    /// The places of each device's tokens, the oldest first.
    devices: BTreeMap<Device, Vec<usize>>,
    /// Where the search for a place to take goes on.
    hand: usize,
}

#[derive(Debug)]
struct Entry {
    token: Arc<[u8]>,
    device: Device,
    verified: Arc<Verified>,
    generation: u64,
    used: AtomicBool,
}

/// Whose tokens they are: issuer and device.
type Device = (Box<str>, Option<Box<str>>);

impl Memory {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            table: RwLock::default(),
            most: limits.remembered_tokens,
            most_of_device: limits.remembered_tokens_of_device,
        }
    }

    /// What a token was verified as, under these keys.
    pub(super) fn recall(&self, token: &[u8], generation: u64) -> Option<Arc<Verified>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let place = table.places.get(token)?;
        let entry = table.entries.get(*place).filter(|entry| entry.generation == generation)?;
        entry.used.store(true, Ordering::Relaxed);
        Some(Arc::clone(&entry.verified))
    }

    /// Remembers a verified token.
    pub(super) fn remember(
        &self,
        token: &[u8],
        verified: &Arc<Verified>,
        generation: u64,
        now: Instant,
    ) {
        let entry = Entry {
            token: token.into(),
            device: (verified.issuer.name.clone(), verified.device.clone()),
            verified: Arc::clone(verified),
            generation,
            // Only being shown again proves that it is of use.
            used: AtomicBool::new(false),
        };
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let of_device = table.devices.get(&entry.device).map_or(&[][..], Vec::as_slice);
        let place = match (table.places.get(token), of_device) {
            (Some(place), _) => *place,
            (None, [oldest, ..]) if of_device.len() >= self.most_of_device => *oldest,
            _ if table.entries.len() < self.most => table.entries.len(),
            _ => match table.place_to_take(generation, now) {
                Some(place) => place,
                // A memory without places.
                None => return,
            },
        };
        table.put(place, entry);
    }
}

impl Table {
    /// The next place whose token is of no use, or was not shown since the search last came by.
    fn place_to_take(&mut self, generation: u64, now: Instant) -> Option<usize> {
        // After one round every mark is gone, so that a second one finds a place.
        for _ in 0..2 * self.entries.len() {
            let place = self.hand;
            self.hand = (place + 1) % self.entries.len().max(1);
            let entry = self.entries.get_mut(place)?;
            let is_used = std::mem::take(entry.used.get_mut());
            if !is_used || entry.generation != generation || entry.verified.ends() <= now {
                return Some(place);
            }
        }
        None
    }

    /// Puts an entry at a place, in place of what is there.
    fn put(&mut self, place: usize, entry: Entry) {
        let (token, device) = (Arc::clone(&entry.token), entry.device.clone());
        match self.entries.get_mut(place) {
            None => self.entries.push(entry),
            Some(held) => {
                let old = std::mem::replace(held, entry);
                self.places.remove(&old.token);
                if let Some(places) = self.devices.get_mut(&old.device) {
                    places.retain(|other| *other != place);
                    if places.is_empty() {
                        self.devices.remove(&old.device);
                    }
                }
            }
        }
        self.places.insert(token, place);
        self.devices.entry(device).or_default().push(place);
    }
}
