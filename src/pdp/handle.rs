//! The handle that a gateway keeps.

use std::path::Path;

use super::folder::Folder;
use super::in_force::InForce;
use super::prover::Prover;
use crate::authzen::{self, Answer, BadRequest, Evaluated};
use crate::compile::{Purpose, compile};
use crate::decide::{self, Decision, Request, Standing};
#[cfg(feature = "evidence")]
use crate::evidence::{EvidenceConfig, Verifier};
use crate::file::Source;
use crate::model::{Finding, Findings, Limits, Severity};
use crate::policy::{PolicySet, standard};
use crate::program::{Intake, Outline, Program};

/// A policy decision point: the policy set in force, and the decisions by it.
///
/// One handle serves any number of threads. Deciding waits for nothing, not even while the set is
/// replaced: decisions under way finish on the old one, later ones use the new.
#[derive(Debug)]
pub struct Pdp {
    program: InForce,
    limits: Limits,
    proves: bool,
}

impl Pdp {
    /// Loads the policy set in a folder: reads and compiles it, and proves its guarantees.
    ///
    /// # Errors
    ///
    /// The set cannot be read or is not valid. Every finding is given.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Findings> {
        Self::load_within(folder, Limits::default())
    }

    /// The same, within other limits.
    ///
    /// # Errors
    ///
    /// As [`Pdp::load`].
    pub fn load_within(folder: impl AsRef<Path>, limits: Limits) -> Result<Self, Findings> {
        Self::load_from(&Folder::new(folder), limits).map(|(pdp, _)| pdp)
    }

    /// The same, from wherever the files are; with the warnings, too.
    ///
    /// # Errors
    ///
    /// As [`Pdp::load`].
    pub fn load_from(
        source: &dyn Source,
        limits: Limits,
    ) -> Result<(Self, Vec<Finding>), Findings> {
        let pdp = Self::of(Program::default(), limits);
        let warnings = pdp.reload_from(source)?;
        Ok((pdp, warnings))
    }

    /// A handle on a policy set that was read already.
    ///
    /// # Errors
    ///
    /// The set goes beyond what can be compiled.
    pub fn new(set: &PolicySet) -> Result<Self, Findings> {
        let pdp = Self::of(Program::default(), Limits::default());
        pdp.replace(set)?;
        Ok(pdp)
    }

    fn of(program: Program, limits: Limits) -> Self {
        Self { program: InForce::new(program), limits, proves: true }
    }

    /// A handle without a policy set. It refuses everything, and says that the service is
    /// unavailable, until a set is loaded: for a gateway that must start whatever its policy is.
    pub fn unavailable(limits: Limits) -> Self {
        let vocabulary = standard(&limits).unwrap_or_default();
        let outline = Outline::new(&vocabulary);
        let intakes = vocabulary.attributes().iter().map(|own| Intake::of(own, &[], &[])).collect();
        Self::of(Program { vocabulary, outline, intakes, ..Program::default() }, limits)
    }

    /// A handle that takes the guarantees of the sets that it loads on trust: for a host that loads
    /// what was checked elsewhere.
    #[must_use]
    pub fn without_proofs(self) -> Self {
        Self { proves: false, ..self }
    }

    /// Replaces the policy set by the one in a folder, which is read, checked and compiled aside.
    /// Returns its warnings.
    ///
    /// # Errors
    ///
    /// The set cannot be read or is not valid. The old one stays in force.
    pub fn reload(&self, folder: impl AsRef<Path>) -> Result<Vec<Finding>, Findings> {
        self.reload_from(&Folder::new(folder))
    }

    /// Replaces the policy set by that of another source.
    ///
    /// # Errors
    ///
    /// As [`Pdp::reload`].
    pub fn reload_from(&self, source: &dyn Source) -> Result<Vec<Finding>, Findings> {
        let set = PolicySet::read(source, &self.limits)?;
        let mut warnings = set.warnings().to_vec();
        warnings.extend(self.replace(&set)?);
        Ok(warnings)
    }

    /// Replaces the policy set by one that was read already, whose guarantees are proved first.
    /// Returns the warnings of that and of compiling it.
    ///
    /// # Errors
    ///
    /// The set goes beyond what can be compiled, or one of its guarantees does not hold. The old one
    /// stays in force.
    pub fn replace(&self, set: &PolicySet) -> Result<Vec<Finding>, Findings> {
        let (program, mut warnings) = compile(set, &self.limits, Purpose::Decide)?;
        if self.proves && !set.guarantees().is_empty() {
            let found = Prover::new(set, &self.limits)?.broken_guarantees(set);
            if found.iter().any(|finding| finding.severity == Severity::Error) {
                return Err(Findings::from(found));
            }
            warnings.extend(found);
        }
        self.program.replace(program);
        Ok(warnings)
    }

    /// An empty request, as a gateway makes it.
    pub fn request(&self) -> Request {
        self.program.request()
    }

    /// An empty request of the author's bench: stated evidence is taken as verified, and derived
    /// attributes may be stated outright. Never for a gateway.
    pub fn bench_request(&self) -> Request {
        Request::new(self.program.load(), Standing::Bench)
    }

    /// Brings a request that is kept and reused up to date with the set in force: true if another was
    /// put in force since it was made. Then it is translated, by the names of its attributes, and what
    /// no longer fits is unknown. Without it, each decision on an older request translates anew.
    pub fn renew(&self, request: &mut Request) -> bool {
        let stale = !self.program.is(request.program());
        if stale {
            *request = request.translated(&self.program.load());
        }
        stale
    }

    /// Decides a request.
    ///
    /// The decision is a permit only if some granting policy certainly governs, every granting policy
    /// that may govern has a permit that is certainly true, no deny of a policy that may govern takes
    /// part, and the gateway can carry out every obligation. Everything else is a refusal: trouble is
    /// a refusal with a reason.
    ///
    /// This function does not fail, does not wait, and allocates nothing, unless the policy set was
    /// replaced since the request was made: then the request is translated, by the names of its
    /// attributes, and what no longer fits is unknown. The time is `context.time`, never a clock.
    pub fn decide<'r>(&self, request: &'r Request) -> Decision<'r> {
        if self.program.is(request.program()) {
            decide::decide(request)
        } else {
            self.decide_translated(request)
        }
    }

    #[cold]
    fn decide_translated<'r>(&self, request: &Request) -> Decision<'r> {
        Decision::of_translated(request.translated(&self.program.load()))
    }

    /// Answers an AuthZEN request, one evaluation or a batch, in JSON.
    ///
    /// Values are stated in `request`, which is emptied before each evaluation; what its maker may
    /// state, this may. `finish` is called with each request before it is decided, to state what the
    /// document does not: the time, and what the gateway saw of the connection.
    ///
    /// # Errors
    ///
    /// The bytes are no AuthZEN request; for HTTP, status 400. An evaluation of a batch that cannot
    /// be read is a refusal with `context.error` instead.
    pub fn answer(
        &self,
        json: &[u8],
        request: &mut Request,
        finish: impl Fn(&mut Request),
    ) -> Result<Answer, BadRequest> {
        authzen::answer(json, &self.limits, request, finish, |request| self.decide(request))
    }

    /// The same, added to `answer`, which a host that keeps it hands over again and again: then a
    /// permit is read, decided and answered without allocating, unless its obligations take words as
    /// parameters. Gives whether every decision in the answer is a permit.
    ///
    /// # Errors
    ///
    /// As [`Pdp::answer`]; nothing is added.
    pub fn answer_into(
        &self,
        json: &[u8],
        request: &mut Request,
        finish: impl Fn(&mut Request),
        answer: &mut Vec<u8>,
    ) -> Result<bool, BadRequest> {
        authzen::answer_into(
            json,
            &self.limits,
            request,
            finish,
            |request| self.decide(request),
            answer,
        )
    }

    /// Calls `decide` with the request of each evaluation of an AuthZEN document and its place among
    /// them. `decide` gives something, and whether it is a permit, which may end a batch.
    ///
    /// # Errors
    ///
    /// As [`Pdp::answer`].
    pub fn evaluate<T>(
        &self,
        json: &[u8],
        request: &mut Request,
        decide: impl FnMut(&mut Request, usize) -> (T, bool),
    ) -> Result<Evaluated<T>, BadRequest> {
        authzen::evaluate(json, &self.limits, request, decide)
    }

    /// A verifier of evidence, configured by the file at `path` and those that it names, relative to
    /// its folder. Attributes are those of the policy set in force.
    ///
    /// # Errors
    ///
    /// A file cannot be read or is not valid. Every finding is given.
    #[cfg(feature = "evidence")]
    pub fn verifier(&self, path: impl AsRef<Path>) -> Result<Verifier, Findings> {
        let (folder, name) = Folder::holding(path.as_ref());
        Verifier::read(&folder, &name, &self.program.load().vocabulary, &self.limits)
    }

    /// A verifier of evidence of a configuration that was made or read already. Attributes are those
    /// of the policy set in force.
    ///
    /// # Errors
    ///
    /// The configuration is not valid. Every finding is given.
    #[cfg(feature = "evidence")]
    pub fn verifier_from(&self, config: &EvidenceConfig) -> Result<Verifier, Findings> {
        Verifier::new(config, &self.program.load().vocabulary, &self.limits)
    }

    /// Replaces the configuration of a verifier. Its notices are kept.
    ///
    /// # Errors
    ///
    /// As [`Pdp::verifier_from`]. The old configuration stays in force.
    #[cfg(feature = "evidence")]
    pub fn reload_verifier_from(
        &self,
        verifier: &Verifier,
        config: &EvidenceConfig,
    ) -> Result<(), Findings> {
        verifier.replace(config, &self.program.load().vocabulary)
    }

    /// Reads the configuration of a verifier anew. Its notices are kept.
    ///
    /// # Errors
    ///
    /// As [`Pdp::verifier`]. The old configuration stays in force.
    #[cfg(feature = "evidence")]
    pub fn reload_verifier(
        &self,
        verifier: &Verifier,
        path: impl AsRef<Path>,
    ) -> Result<(), Findings> {
        let (folder, name) = Folder::holding(path.as_ref());
        verifier.reload(&folder, &name, &self.program.load().vocabulary)
    }

    /// The limits that this handle keeps to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The name of the policy set in force; `None` if there is none.
    pub fn policy_set(&self) -> Option<String> {
        self.program.load().name.clone()
    }

    /// The digest of the policy set in force, as [`PolicySet::digest`] gives it; empty if there is none.
    pub fn digest(&self) -> String {
        self.program.load().digest.clone()
    }
}
