//! Fetching records.

use super::entry::entry;
use super::pdp::PdpObject;

entry! {
    /// Takes the oldest record out of those that wait.
    fn portcullis_audit_next(pdp: shared PdpObject, (record, record_capacity): buffer, record_len: out usize) {
        pdp.audit.next(|oldest| record.set(oldest.as_bytes(), &record_len))
    }
}

entry! {
    /// How many records were lost because there were too many.
    fn portcullis_audit_lost(pdp: shared PdpObject, lost: out u64) {
        lost.set(pdp.audit.lost());
        Ok(())
    }
}
