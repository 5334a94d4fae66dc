//! Functions that panic: for tests of what comes after. They are in no library that is delivered:
//! only in unit tests, and where the C tests build with `--cfg portcullis_test_panic`.

#![expect(clippy::panic, unused_variables, reason = "that is what they are for")]

use super::entry::entry;
use super::pdp::PdpObject;
use super::request::RequestObject;
use super::status::Status;
use super::types::Verdict;

entry! {
    /// Panics while a request is changed.
    fn portcullis_test_panic_in_request(request: alone RequestObject, decision: out Verdict) {
        request.reason().map_err(|_| Status::Undecided)?;
        panic!("a request of a test")
    }
}

entry! {
    /// Panics while a handle is changed.
    fn portcullis_test_panic_in_change(pdp: changed PdpObject) {
        panic!("a change of a test")
    }
}

entry! {
    /// Panics while a handle is read.
    fn portcullis_test_panic_in_reading(pdp: shared PdpObject, count: out usize) {
        panic!("a reading of a test")
    }
}
