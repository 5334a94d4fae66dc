//! Signed evidence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::binding::binding;
use super::entry::{entry, panicked_at};
use super::findings::hand_over;
use super::objects::{Held, Standing, given};
use super::pdp::{PdpObject, file};
use super::pointers::{Blank, Out};
use super::request::RequestObject;
use super::status::Status;
use super::types::{BindingSettings, Level, portcullis_findings, portcullis_verifier};
use crate::{Binding, EvidenceReason, Findings, Instant, Verifier};

/// A verifier, and the handle whose vocabulary it speaks.
pub struct VerifierObject {
    standing: Standing,
    owner: Arc<PdpObject>,
    verifier: Verifier,
    /// Whether notices could not be restored: nothing is believed that they may have contradicted.
    forgot: AtomicBool,
}

impl VerifierObject {
    fn new(owner: Arc<PdpObject>, verifier: Verifier) -> Self {
        Self { standing: Standing::default(), owner, verifier, forgot: AtomicBool::new(false) }
    }

    fn remembers(&self) -> Result<(), Status> {
        if self.forgot.load(Ordering::Acquire) { Err(Status::Evidence) } else { Ok(()) }
    }
}

impl Held for VerifierObject {
    type C = portcullis_verifier;
    fn standing(&self) -> &Standing {
        &self.standing
    }
    fn panicked(&self) {
        self.owner.log(Level::Error, &panicked_at());
    }
}

macro_rules! reasons {
    ($($reason:ident = $number:literal,)+) => {
        /// Why evidence is believed, or is not: `portcullis_evidence_reason`.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(i32)]
        pub enum ReasonOfEvidence { NotLookedAt = 0, $($reason = $number,)+ }

        impl From<EvidenceReason> for ReasonOfEvidence {
            fn from(reason: EvidenceReason) -> Self {
                match reason { $(EvidenceReason::$reason => Self::$reason,)+ }
            }
        }

        fn reason_of(number: i32) -> Option<EvidenceReason> {
            match number { $($number => Some(EvidenceReason::$reason),)+ _ => None }
        }
    };
}

reasons! {
    Trusted = 1, Absent = 2, TooLong = 3, NotCompact = 4, MalformedHeader = 5, UnknownExtension = 6,
    UnknownKey = 7, WrongAlgorithm = 8, BadSignature = 9, MalformedClaims = 10, WrongIssuer = 11,
    WrongKind = 12, MissingClaim = 13, MalformedClaim = 14, WrongAudience = 15, FromTheFuture = 16,
    NotYetValid = 17, Expired = 18, TooOld = 19, RefusedByKind = 20, NoDevice = 21, NestedNotTrusted = 22,
    NotBound = 23, BoundElsewhere = 24, WrongNonce = 25,
}

impl Blank for ReasonOfEvidence {
    const BLANK: Self = Self::NotLookedAt;
}

/// Tells the host why something of the verifier's cannot be used.
fn refused(
    owner: &PdpObject,
    found: &Findings,
    findings: Option<Out<'_, *mut portcullis_findings>>,
) -> Status {
    found.list().iter().for_each(|finding| owner.log_finding(finding));
    hand_over(found.list(), findings);
    Status::Evidence
}

/// States what a token attests. Evidence that came and cannot be looked at is evidence that is not
/// believed.
fn attest(
    request: &mut RequestObject,
    verifier: Result<&VerifierObject, Status>,
    token: Result<&[u8], Status>,
    seen: Result<Binding, Status>,
    now: i64,
    reason: Option<Out<'_, ReasonOfEvidence>>,
) -> Result<(), Status> {
    // Without a verifier nothing can be attested, not even that nothing is believed.
    let verifier = verifier.inspect_err(|_| request.miss())?;
    let now = Instant::from_micros(now);
    let remembers = verifier.remembers();
    let attested = match (token, &seen, remembers) {
        (Ok([]), Ok(_), _) => crate::Attested::absent(),
        (Ok(token), Ok(seen), Ok(())) => verifier.verifier.verify(token, seen, now),
        _ => verifier.verifier.verify(&[], &Binding::none(), now),
    };
    request.attest(&attested);
    token.and(seen)?;
    remembers?;
    if let Some(reason) = reason {
        reason.set(attested.reason().into());
    }
    Ok(())
}

entry! {
    /// A verifier as a file says.
    fn portcullis_verifier_load(
        pdp: kept PdpObject,
        (path, path_len): bytes,
        verifier: out *mut portcullis_verifier,
        findings: wish *mut portcullis_findings,
    ) {
        match pdp.pdp.verifier(file(path)?) {
            Ok(made) => {
                verifier.set(given(VerifierObject::new(pdp, made)));
                Ok(())
            }
            Err(found) => Err(refused(&pdp, &found, findings)),
        }
    }
}

entry! {
    /// A verifier as a file in memory says.
    fn portcullis_verifier_load_files(
        pdp: kept PdpObject,
        (files, file_count): files,
        (path, path_len): text,
        verifier: out *mut portcullis_verifier,
        findings: wish *mut portcullis_findings,
    ) {
        let request = pdp.request();
        match Verifier::read(&files, path, request.vocabulary(), pdp.pdp.limits()) {
            Ok(made) => {
                verifier.set(given(VerifierObject::new(pdp, made)));
                Ok(())
            }
            Err(found) => Err(refused(&pdp, &found, findings)),
        }
    }
}

entry! {
    /// Reads the configuration of a verifier anew.
    fn portcullis_verifier_reload(
        verifier: changed VerifierObject,
        (path, path_len): bytes,
        findings: wish *mut portcullis_findings,
    ) {
        let path = file(path)?;
        let done = verifier.owner.pdp.reload_verifier(&verifier.verifier, path);
        done.map_err(|found| refused(&verifier.owner, &found, findings))
    }
}

entry! {
    /// Replaces the keys of an issuer.
    fn portcullis_verifier_replace_keys(
        verifier: changed VerifierObject,
        (issuer, issuer_len): text,
        (keys, keys_len): bytes,
        findings: wish *mut portcullis_findings,
    ) {
        let done = verifier.verifier.replace_keys(issuer, keys);
        done.map_err(|found| refused(&verifier.owner, &found, findings))
    }
}

entry! {
    /// States what a token attests.
    fn portcullis_request_attest(
        request: alone RequestObject,
        verifier: tried VerifierObject,
        (token, token_len): lent,
        (certificate, certificate_len): lent,
        (key, key_len): lent,
        now: value i64,
        reason: wish ReasonOfEvidence,
    ) {
        let seen = certificate.and_then(|certificate| binding(certificate, key?, &[]));
        attest(&mut request, verifier, token, seen, now, reason)
    }
}

entry! {
    /// States what a token attests, for a connection of which more was seen.
    fn portcullis_request_attest_binding(
        request: alone RequestObject,
        verifier: tried VerifierObject,
        (token, token_len): lent,
        seen: lent BindingSettings,
        now: value i64,
        reason: wish ReasonOfEvidence,
    ) {
        attest(&mut request, verifier, token, seen, now, reason)
    }
}

entry! {
    /// Takes a notice of change.
    fn portcullis_verifier_notice(
        verifier: changed VerifierObject,
        (token, token_len): bytes,
        now: value i64,
        reason: wish ReasonOfEvidence,
        changed: wish i32,
        (device, device_capacity): room,
        device_len: wish usize,
    ) {
        let noticed = verifier.verifier.notice(token, Instant::from_micros(now));
        if let Some(reason) = reason {
            reason.set(noticed.reason().into());
        }
        if let Some(changed) = changed {
            changed.set(i32::from(noticed.changed()));
        }
        // The notice is taken, whatever is wrong with the room for its device.
        let device_len = device_len.ok_or(Status::Null)?;
        device?.set(noticed.device().unwrap_or_default().as_bytes(), &device_len)
    }
}

entry! {
    /// Every notice that is held.
    fn portcullis_verifier_notices(verifier: shared VerifierObject, (json, json_capacity): buffer, json_len: out usize) {
        json.set(verifier.verifier.notices().as_bytes(), &json_len)
    }
}

entry! {
    /// Holds notices that were held before.
    fn portcullis_verifier_restore_notices(
        verifier: changed VerifierObject,
        (json, json_len): lent,
        count: wish usize,
        findings: wish *mut portcullis_findings,
    ) {
        let restored = json.map(|json| verifier.verifier.restore_notices(json));
        verifier.forgot.store(!matches!(restored, Ok(Ok(_))), Ordering::Release);
        match restored? {
            Ok(restored) => {
                if let Some(count) = count {
                    count.set(restored);
                }
                Ok(())
            }
            Err(found) => Err(refused(&verifier.owner, &found, findings)),
        }
    }
}

entry! {
    /// Frees a verifier.
    fn portcullis_verifier_free(verifier: freed VerifierObject) -> () {
        Ok(())
    }
}

entry! {
    /// What a reason of evidence means.
    fn portcullis_evidence_text(reason: value i32, (text, text_capacity): buffer, text_len: out usize) {
        let reason = reason_of(reason).ok_or(Status::Argument)?;
        text.set(reason.meaning().as_bytes(), &text_len)
    }
}

entry! {
    /// The thumbprint of a certificate.
    fn portcullis_certificate_thumbprint(
        (der, der_len): bytes,
        (thumbprint, thumbprint_capacity): buffer,
        thumbprint_len: out usize,
    ) {
        let digits: String =
            Binding::certificate_thumbprint(der).iter().map(|byte| format!("{byte:02x}")).collect();
        thumbprint.set(digits.as_bytes(), &thumbprint_len)
    }
}
