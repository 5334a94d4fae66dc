//! Records of what was decided, for whoever keeps them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::status::Status;
use super::types::{AuditFunction, UserData};
use crate::{Decision, Request, Value, respond};

/// Who is told what is decided.
pub struct Audit {
    callback: Option<(AuditFunction, UserData)>,
    capacity: usize,
    kept: Mutex<Kept>,
}

/// Records that wait to be fetched.
#[derive(Default)]
struct Kept {
    records: VecDeque<String>,
    lost: u64,
}

/// One record, on one line.
#[derive(Serialize)]
struct Record<'r> {
    /// The document that was answered, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<serde_json::Value>,
    /// What the host stated.
    attributes: BTreeMap<&'r str, Value>,
    /// The AuthZEN response.
    response: Option<serde_json::Value>,
}

impl Audit {
    /// To this callback, and kept to be fetched: so many at a time.
    pub fn new(callback: Option<(AuditFunction, UserData)>, capacity: usize) -> Self {
        Self { callback, capacity, kept: Mutex::default() }
    }

    /// Whether anybody is told.
    pub fn is_on(&self) -> bool {
        self.callback.is_some() || self.capacity > 0
    }

    /// Records a decision.
    pub fn decision(&self, decision: &Decision<'_>) {
        if self.is_on() {
            let response = respond(decision, &id(decision));
            self.record(None, Some(decision.request()), &response);
        }
    }

    /// Records an answered document, and what the host stated besides.
    pub fn answer(&self, document: &[u8], host: Option<&Request>, response: &str) {
        if self.is_on() {
            self.record(serde_json::from_slice(document).ok(), host, response);
        }
    }

    /// Takes the oldest record out of those that wait, if `write` can take it.
    pub fn next(&self, write: impl FnOnce(&str) -> Result<(), Status>) -> Result<(), Status> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        write(kept.records.front().ok_or(Status::Nothing)?)?;
        kept.records.pop_front();
        Ok(())
    }

    /// How many records were lost because there were too many.
    pub fn lost(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).lost
    }

    fn record(&self, request: Option<serde_json::Value>, host: Option<&Request>, response: &str) {
        let attributes = host.map(|host| host.stated().collect()).unwrap_or_default();
        let response = serde_json::from_str(response).ok();
        let record = Record { request, attributes, response };
        // Writing does not fail: every key is text.
        let Ok(line) = serde_json::to_string(&record) else { return };
        if let Some((callback, data)) = self.callback {
            callback(data.back(), line.as_ptr().cast(), line.len());
        }
        if self.capacity > 0 {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.records.len() >= self.capacity {
                kept.records.pop_front();
                kept.lost = kept.lost.saturating_add(1);
            }
            kept.records.push_back(line);
        }
    }
}

/// Tells a decision from others in a log. The same set and request give the same id, so that a
/// replayed decision can be matched.
pub fn id(decision: &Decision<'_>) -> String {
    let mut hash = Sha256::new().chain_update(decision.digest());
    for (name, value) in decision.request().stated() {
        hash.update(name);
        hash.update([0]);
        hash.update(value.to_string());
        hash.update([0]);
    }
    let hash = hash.finalize();
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
