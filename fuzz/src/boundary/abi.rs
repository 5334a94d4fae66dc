//! `include/portcullis.h`, as this target calls it. `tests/c_header.rs` holds it to the header.

use std::ffi::{c_char, c_void};

macro_rules! opaque {
    ($($name:ident)+) => {$(
        #[repr(C)]
        pub struct $name {
            _hidden: [u8; 0],
        }
    )+};
}
opaque!(Pdp Request Verifier Findings);

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Str {
    pub data: *const u8,
    pub len: usize,
}

#[repr(C)]
pub struct File {
    pub path: *const u8,
    pub path_len: usize,
    pub bytes: *const u8,
    pub bytes_len: usize,
}

pub type Log = extern "C" fn(*mut c_void, i32, *const u8, usize);
pub type Audit = extern "C" fn(*mut c_void, *const u8, usize);

#[repr(C)]
pub struct Options {
    pub size: usize,
    pub obligations: *const Str,
    pub obligation_count: usize,
    pub log: Option<Log>,
    pub log_data: *mut c_void,
    pub audit: Option<Audit>,
    pub audit_data: *mut c_void,
    pub audit_capacity: usize,
    pub max_file_bytes: usize,
    pub max_request_bytes: usize,
    pub author_bench: i32,
    pub reserved: i32,
}

/// What was seen of a connection.
#[repr(C)]
pub struct Binding {
    pub size: usize,
    pub certificate: Str,
    pub key: Str,
    pub nonce: Str,
}

macro_rules! records {
    ($($name:ident { $($member:ident: $type:ty),+ $(,)? })+) => {$(
        #[repr(C)]
        pub struct $name {
            pub size: usize,
            $(pub $member: $type,)+
        }
    )+};
}
records! {
    Finding {
        severity: i32, reserved: i32, line: usize, column: usize, code: Str, file: Str, message: Str,
        help: Str,
    }
    Value { kind: i32, reserved: i32, number: i64, text: Str, items: usize }
    Rule {
        effect: i32, reserved: i32, policy: Str, owner: Str, authority: Str, id: Str, because: Str,
        tell_user: Str, accepted_by: Str,
    }
    Remedy { by: i32, reserved: i32, say: Str, changes: usize }
    Change { by: i32, reserved: i32, attribute: Str, goal: Str, say: Str }
}

unsafe extern "C" {
    pub fn portcullis_abi_version() -> u32;
    pub fn portcullis_version_number() -> u32;
    pub fn portcullis_version() -> *const c_char;
    pub fn portcullis_status_text(
        status: i32,
        text: *mut u8,
        text_capacity: usize,
        text_len: *mut usize,
    ) -> i32;
    pub fn portcullis_findings_count(findings: *const Findings, count: *mut usize) -> i32;
    pub fn portcullis_findings_at(
        findings: *const Findings,
        place: usize,
        finding: *mut Finding,
    ) -> i32;
    pub fn portcullis_findings_text(
        findings: *const Findings,
        text: *mut u8,
        text_capacity: usize,
        text_len: *mut usize,
    ) -> i32;
    pub fn portcullis_findings_free(findings: *mut Findings);
    pub fn portcullis_pdp_load(
        path: *const u8,
        path_len: usize,
        options: *const Options,
        pdp: *mut *mut Pdp,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_pdp_load_files(
        files: *const File,
        file_count: usize,
        options: *const Options,
        pdp: *mut *mut Pdp,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_pdp_new(options: *const Options, pdp: *mut *mut Pdp) -> i32;
    pub fn portcullis_pdp_reload(
        pdp: *mut Pdp,
        path: *const u8,
        path_len: usize,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_pdp_reload_files(
        pdp: *mut Pdp,
        files: *const File,
        file_count: usize,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_pdp_policy_set(
        pdp: *const Pdp,
        name: *mut u8,
        name_capacity: usize,
        name_len: *mut usize,
    ) -> i32;
    pub fn portcullis_pdp_digest(
        pdp: *const Pdp,
        digest: *mut u8,
        digest_capacity: usize,
        digest_len: *mut usize,
    ) -> i32;
    pub fn portcullis_pdp_attribute(
        pdp: *const Pdp,
        name: *const u8,
        name_len: usize,
        attribute: *mut u32,
    ) -> i32;
    pub fn portcullis_pdp_may_state(
        pdp: *const Pdp,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> i32;
    pub fn portcullis_audit_next(
        pdp: *const Pdp,
        record: *mut u8,
        record_capacity: usize,
        record_len: *mut usize,
    ) -> i32;
    pub fn portcullis_audit_lost(pdp: *const Pdp, lost: *mut u64) -> i32;
    pub fn portcullis_pdp_free(pdp: *mut Pdp);
    pub fn portcullis_request_new(pdp: *const Pdp, request: *mut *mut Request) -> i32;
    pub fn portcullis_request_free(request: *mut Request);
    pub fn portcullis_request_reset(request: *mut Request) -> i32;
    pub fn portcullis_request_at(request: *mut Request, now: i64) -> i32;
    pub fn portcullis_request_set_text(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> i32;
    pub fn portcullis_request_set_bool(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: i32,
    ) -> i32;
    pub fn portcullis_request_set_integer(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: i64,
    ) -> i32;
    pub fn portcullis_request_set_instant(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: i64,
    ) -> i32;
    pub fn portcullis_request_set_duration(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: i64,
    ) -> i32;
    pub fn portcullis_request_set_words(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        words: *const Str,
        word_count: usize,
    ) -> i32;
    pub fn portcullis_request_set_spelled(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> i32;
    pub fn portcullis_request_unset(request: *mut Request, name: *const u8, name_len: usize)
    -> i32;
    pub fn portcullis_request_put_text(
        request: *mut Request,
        attribute: u32,
        value: *const u8,
        value_len: usize,
    ) -> i32;
    pub fn portcullis_request_put_bool(request: *mut Request, attribute: u32, value: i32) -> i32;
    pub fn portcullis_request_put_integer(request: *mut Request, attribute: u32, value: i64)
    -> i32;
    pub fn portcullis_request_put_instant(request: *mut Request, attribute: u32, value: i64)
    -> i32;
    pub fn portcullis_request_put_duration(
        request: *mut Request,
        attribute: u32,
        value: i64,
    ) -> i32;
    pub fn portcullis_request_put_words(
        request: *mut Request,
        attribute: u32,
        words: *const Str,
        word_count: usize,
    ) -> i32;
    pub fn portcullis_request_put_spelled(
        request: *mut Request,
        attribute: u32,
        value: *const u8,
        value_len: usize,
    ) -> i32;
    pub fn portcullis_request_put_nothing(request: *mut Request, attribute: u32) -> i32;
    pub fn portcullis_request_can(
        request: *mut Request,
        obligations: *const Str,
        obligation_count: usize,
    ) -> i32;
    pub fn portcullis_evidence_text(
        reason: i32,
        text: *mut u8,
        text_capacity: usize,
        text_len: *mut usize,
    ) -> i32;
    pub fn portcullis_verifier_load(
        pdp: *const Pdp,
        path: *const u8,
        path_len: usize,
        verifier: *mut *mut Verifier,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_verifier_load_files(
        pdp: *const Pdp,
        files: *const File,
        file_count: usize,
        path: *const u8,
        path_len: usize,
        verifier: *mut *mut Verifier,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_verifier_reload(
        verifier: *mut Verifier,
        path: *const u8,
        path_len: usize,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_verifier_replace_keys(
        verifier: *mut Verifier,
        issuer: *const u8,
        issuer_len: usize,
        keys: *const u8,
        keys_len: usize,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_request_attest(
        request: *mut Request,
        verifier: *const Verifier,
        token: *const u8,
        token_len: usize,
        certificate: *const u8,
        certificate_len: usize,
        key: *const u8,
        key_len: usize,
        now: i64,
        reason: *mut i32,
    ) -> i32;
    pub fn portcullis_request_attest_binding(
        request: *mut Request,
        verifier: *const Verifier,
        token: *const u8,
        token_len: usize,
        seen: *const Binding,
        now: i64,
        reason: *mut i32,
    ) -> i32;
    pub fn portcullis_certificate_thumbprint(
        der: *const u8,
        der_len: usize,
        thumbprint: *mut u8,
        thumbprint_capacity: usize,
        thumbprint_len: *mut usize,
    ) -> i32;
    pub fn portcullis_verifier_notice(
        verifier: *mut Verifier,
        token: *const u8,
        token_len: usize,
        now: i64,
        reason: *mut i32,
        changed: *mut i32,
        device: *mut u8,
        device_capacity: usize,
        device_len: *mut usize,
    ) -> i32;
    pub fn portcullis_verifier_notices(
        verifier: *const Verifier,
        json: *mut u8,
        json_capacity: usize,
        json_len: *mut usize,
    ) -> i32;
    pub fn portcullis_verifier_restore_notices(
        verifier: *mut Verifier,
        json: *const u8,
        json_len: usize,
        count: *mut usize,
        findings: *mut *mut Findings,
    ) -> i32;
    pub fn portcullis_verifier_free(verifier: *mut Verifier);
    pub fn portcullis_decide(pdp: *const Pdp, request: *mut Request, decision: *mut i32) -> i32;
    pub fn portcullis_decide_with_obligations(
        pdp: *const Pdp,
        request: *mut Request,
        decision: *mut i32,
        obligations: *mut u64,
    ) -> i32;
    pub fn portcullis_decide_json(
        pdp: *const Pdp,
        host: *mut Request,
        json: *const u8,
        json_len: usize,
        answer: *mut u8,
        answer_capacity: usize,
        answer_len: *mut usize,
        decision: *mut i32,
    ) -> i32;
    pub fn portcullis_decision_reason(request: *mut Request, reason: *mut i32) -> i32;
    pub fn portcullis_reason_text(
        why: i32,
        text: *mut u8,
        text_capacity: usize,
        text_len: *mut usize,
    ) -> i32;
    pub fn portcullis_decision_valid_until(request: *mut Request, until: *mut i64) -> i32;
    pub fn portcullis_decision_policy_set(request: *mut Request, name: *mut Str) -> i32;
    pub fn portcullis_decision_digest(request: *mut Request, digest: *mut Str) -> i32;
    pub fn portcullis_decision_obligation_count(request: *mut Request, count: *mut usize) -> i32;
    pub fn portcullis_decision_obligation(
        request: *mut Request,
        place: usize,
        name: *mut Str,
    ) -> i32;
    pub fn portcullis_decision_obligation_named(
        request: *mut Request,
        name: *const u8,
        name_len: usize,
        place: *mut usize,
    ) -> i32;
    pub fn portcullis_decision_obligation_names(request: *mut Request, names: *mut Str) -> i32;
    pub fn portcullis_decision_parameter_count(
        request: *mut Request,
        obligation: usize,
        count: *mut usize,
    ) -> i32;
    pub fn portcullis_decision_parameter(
        request: *mut Request,
        obligation: usize,
        place: usize,
        name: *mut Str,
        value: *mut Value,
    ) -> i32;
    pub fn portcullis_decision_parameter_named(
        request: *mut Request,
        obligation: *const u8,
        obligation_len: usize,
        parameter: *const u8,
        parameter_len: usize,
        value: *mut Value,
    ) -> i32;
    pub fn portcullis_decision_parameter_item(
        request: *mut Request,
        obligation: usize,
        parameter: usize,
        place: usize,
        value: *mut Value,
    ) -> i32;
    pub fn portcullis_decision_unenforceable_count(request: *mut Request, count: *mut usize)
    -> i32;
    pub fn portcullis_decision_unenforceable(
        request: *mut Request,
        place: usize,
        name: *mut Str,
    ) -> i32;
    pub fn portcullis_decision_rule_count(
        request: *mut Request,
        sort: i32,
        count: *mut usize,
    ) -> i32;
    pub fn portcullis_decision_rule(
        request: *mut Request,
        sort: i32,
        place: usize,
        rule: *mut Rule,
    ) -> i32;
    pub fn portcullis_decision_rule_names(request: *mut Request, sort: i32, names: *mut Str)
    -> i32;
    pub fn portcullis_explain(
        request: *mut Request,
        user: *mut Str,
        administrator: *mut Str,
    ) -> i32;
    pub fn portcullis_decision_remedy_count(request: *mut Request, count: *mut usize) -> i32;
    pub fn portcullis_decision_remedy(
        request: *mut Request,
        place: usize,
        remedy: *mut Remedy,
    ) -> i32;
    pub fn portcullis_decision_change(
        request: *mut Request,
        remedy: usize,
        place: usize,
        change: *mut Change,
    ) -> i32;
    pub fn portcullis_decision_json(
        request: *mut Request,
        json: *mut u8,
        json_capacity: usize,
        json_len: *mut usize,
    ) -> i32;
}
