//! The handle.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::audit::Audit;
use super::entry::{entry, panicked_at, silence};
use super::findings::hand_over;
use super::objects::{Held, Standing, given};
use super::pointers::Out;
use super::status::Status;
use super::types::{
    Chosen, Level, LogFunction, Options, UserData, portcullis_findings, portcullis_pdp,
};
use crate::{Finding, Findings, Folder, Limits, Pdp, Request, Severity, Source};

/// A handle, and what the host chose for it.
pub struct PdpObject {
    standing: Standing,
    /// The handle.
    pub pdp: Pdp,
    /// Whether stated evidence is taken as verified.
    pub author_bench: bool,
    /// Who is told what is decided.
    pub audit: Audit,
    can: Option<Vec<String>>,
    log: Option<(LogFunction, UserData)>,
    /// Attributes that the host looked up; an id is a place among them.
    names: Mutex<Vec<String>>,
}

impl Held for PdpObject {
    type C = portcullis_pdp;
    fn standing(&self) -> &Standing {
        &self.standing
    }
    fn panicked(&self) {
        self.log(Level::Error, &panicked_at());
    }
}

impl PdpObject {
    fn new(pdp: Pdp, chosen: Chosen) -> Self {
        Self {
            standing: Standing::default(),
            pdp,
            author_bench: chosen.author_bench,
            audit: Audit::new(chosen.audit, chosen.audit_capacity),
            can: chosen.can,
            log: chosen.log,
            names: Mutex::default(),
        }
    }

    /// Whether it may be used.
    pub fn is_good(&self) -> Result<(), Status> {
        self.standing.is_good()
    }

    /// Tells the host what happens; not once it freed the handle, and with it what its callback uses.
    pub fn log(&self, level: Level, text: &str) {
        if let Some((log, data)) = self.log.filter(|_| !self.standing.is_freed()) {
            log(data.back(), level, text.as_ptr().cast(), text.len());
        }
    }

    /// An empty request, as the host chose it for the handle.
    pub fn request(&self) -> Request {
        let mut request =
            if self.author_bench { self.pdp.bench_request() } else { self.pdp.request() };
        self.declare(&mut request);
        request
    }

    /// Declares what the host can carry out, by names that may be new to the vocabulary.
    pub fn declare(&self, request: &mut Request) {
        match &self.can {
            None => request.can_all(),
            Some(names) => request.can(names.iter().map(String::as_str)),
        };
    }

    /// What the host can carry out, by name; nothing by name if it can carry out everything.
    pub fn can(&self) -> &[String] {
        self.can.as_deref().unwrap_or_default()
    }

    /// The name of an attribute that the host looked up.
    pub fn name(&self, id: u32) -> Option<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(usize::try_from(id).ok()?).cloned()
    }

    fn id(&self, name: &str) -> Result<u32, Status> {
        self.pdp.request().key(name).ok_or(Status::Attribute)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        u32::try_from(place).map_err(|_| Status::Length)
    }

    /// Puts another set in force, or says why not.
    fn reload(
        &self,
        source: &dyn Source,
        findings: Option<Out<'_, *mut portcullis_findings>>,
    ) -> Result<(), Status> {
        self.tell(self.pdp.reload_from(source), findings)
    }

    /// Tells the host, and the log, whether a set was put in force, and what was found.
    fn tell(
        &self,
        outcome: Result<Vec<Finding>, Findings>,
        findings: Option<Out<'_, *mut portcullis_findings>>,
    ) -> Result<(), Status> {
        let (found, status) = match outcome {
            Ok(warnings) => (warnings, Ok(())),
            Err(findings) => (findings.list().to_vec(), Err(Status::PolicySet)),
        };
        found.iter().for_each(|finding| self.log_finding(finding));
        if status.is_ok() {
            let name = self.pdp.policy_set().unwrap_or_default();
            let text = format!("policy set `{name}` is in force, {}", self.pdp.digest());
            self.log(Level::Info, &text);
        } else {
            self.log(Level::Error, "the policy set is not valid: what was in force stays so");
        }
        hand_over(&found, findings);
        status
    }

    /// Tells the host what was found.
    pub fn log_finding(&self, finding: &Finding) {
        let level = match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        };
        self.log(level, &finding.to_string());
    }
}

/// What the host chose, or what is chosen for it.
fn limits(chosen: &Chosen) -> Limits {
    let mut limits = Limits::default();
    if chosen.max_file_bytes != 0 {
        limits.file_bytes = chosen.max_file_bytes;
    }
    if chosen.max_request_bytes != 0 {
        limits.request_bytes = chosen.max_request_bytes;
    }
    limits
}

/// A new handle on the set of a source, handed to C if the set is valid.
fn load(
    source: &dyn Source,
    chosen: Chosen,
    pdp: &Out<'_, *mut portcullis_pdp>,
    findings: Option<Out<'_, *mut portcullis_findings>>,
) -> Result<(), Status> {
    silence();
    let limits = limits(&chosen);
    let (made, outcome) = match Pdp::load_from(source, limits.clone()) {
        Ok((made, warnings)) => (made, Ok(warnings)),
        Err(found) => (Pdp::unavailable(limits), Err(found)),
    };
    let object = PdpObject::new(made, chosen);
    object.tell(outcome, findings)?;
    pdp.set(given(object));
    Ok(())
}

/// A path of the host's.
#[cfg(unix)]
pub fn file(path: &[u8]) -> Result<&Path, Status> {
    use std::os::unix::ffi::OsStrExt;
    Ok(Path::new(std::ffi::OsStr::from_bytes(path)))
}

/// A path of the host's.
#[cfg(not(unix))]
pub fn file(path: &[u8]) -> Result<&Path, Status> {
    std::str::from_utf8(path).map(Path::new).map_err(|_| Status::Utf8)
}

entry! {
    /// A handle without a policy set: it refuses everything until one is loaded.
    fn portcullis_pdp_new(options: settings Options, pdp: out *mut portcullis_pdp) {
        silence();
        pdp.set(given(PdpObject::new(Pdp::unavailable(limits(&options)), options)));
        Ok(())
    }
}

entry! {
    /// A handle on the policy set in a folder.
    fn portcullis_pdp_load(
        (path, path_len): bytes,
        options: settings Options,
        pdp: out *mut portcullis_pdp,
        findings: wish *mut portcullis_findings,
    ) {
        load(&Folder::new(file(path)?), options, &pdp, findings)
    }
}

entry! {
    /// A handle on a policy set in memory.
    fn portcullis_pdp_load_files(
        (files, file_count): files,
        options: settings Options,
        pdp: out *mut portcullis_pdp,
        findings: wish *mut portcullis_findings,
    ) {
        let files: BTreeMap<String, Vec<u8>> = files;
        load(&files, options, &pdp, findings)
    }
}

entry! {
    /// Replaces the policy set by the one in a folder.
    fn portcullis_pdp_reload(
        pdp: changed PdpObject,
        (path, path_len): bytes,
        findings: wish *mut portcullis_findings,
    ) {
        pdp.reload(&Folder::new(file(path)?), findings)
    }
}

entry! {
    /// Replaces the policy set by one in memory.
    fn portcullis_pdp_reload_files(
        pdp: changed PdpObject,
        (files, file_count): files,
        findings: wish *mut portcullis_findings,
    ) {
        let files: BTreeMap<String, Vec<u8>> = files;
        pdp.reload(&files, findings)
    }
}

entry! {
    /// The name of the policy set in force.
    fn portcullis_pdp_policy_set(pdp: shared PdpObject, (name, name_capacity): buffer, name_len: out usize) {
        let set = pdp.pdp.policy_set().ok_or(Status::Nothing)?;
        name.set(set.as_bytes(), &name_len)
    }
}

entry! {
    /// The digest of the policy set in force.
    fn portcullis_pdp_digest(pdp: shared PdpObject, (digest, digest_capacity): buffer, digest_len: out usize) {
        let set = pdp.pdp.digest();
        if set.is_empty() {
            return Err(Status::Nothing);
        }
        digest.set(set.as_bytes(), &digest_len)
    }
}

entry! {
    /// Looks an attribute up, once.
    fn portcullis_pdp_attribute(pdp: shared PdpObject, (name, name_len): text, attribute: out u32) {
        attribute.set(pdp.id(name)?);
        Ok(())
    }
}

entry! {
    /// Frees a handle.
    fn portcullis_pdp_free(pdp: freed PdpObject) -> () {
        Ok(())
    }
}
