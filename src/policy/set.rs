//! Reading a policy set from its files.

use sha2::{Digest, Sha256};

use super::condition::Scope;
use super::derive::derivation_order;
use super::rules::{read_guarantees, read_policy};
use super::syntax::{Guarantee, Policy, PolicySet};
use super::vocabulary::{STANDARD, declare_attributes, link_attributes, read_vocabulary, standard};
use crate::file::File;
use crate::file::Source;
use crate::json::{self, JsonLimits, Node, Place};
use crate::model::{Code, Finding, Findings, Limits, Severity, Vocabulary, hexadecimal};

/// The file that a policy set starts from.
pub const MANIFEST: &str = "policy-set.json";

impl PolicySet {
    /// Reads a policy set: whole, or not at all.
    ///
    /// # Errors
    ///
    /// Anything in its files is wrong. All findings are given, not only the first: those of every
    /// file that could be read.
    pub fn read(source: &dyn Source, limits: &Limits) -> Result<Self, Findings> {
        let mut reader = Reader { source, limits, found: Vec::new(), digest: Sha256::new() };
        let set = reader.set();
        in_order(&mut reader.found);
        let warnings = Findings::or_warnings(reader.found)?;
        match set {
            Some(set) => Ok(Self { warnings, ..set }),
            None => Err(Findings::from(Finding {
                code: Code::WrongType,
                severity: Severity::Error,
                file: MANIFEST.to_owned(),
                at: Place { line: 1, column: 1 },
                message: "this is not a policy set".to_owned(),
                help: None,
            })),
        }
    }
}

/// Puts findings in the order of the files, the manifest first, and of their places.
fn in_order(found: &mut [Finding]) {
    let mut files = vec![MANIFEST.to_owned()];
    for finding in found.iter() {
        if !files.contains(&finding.file) {
            files.push(finding.file.clone());
        }
    }
    found.sort_by_key(|finding| (files.iter().position(|file| *file == finding.file), finding.at));
}

struct Reader<'a> {
    source: &'a dyn Source,
    limits: &'a Limits,
    found: Vec<Finding>,
    digest: Sha256,
}

/// What the manifest says.
struct Manifest {
    name: String,
    vocabulary: (String, Place),
    policies: Vec<(String, Place)>,
    tests: Vec<String>,
}

impl Reader<'_> {
    fn set(&mut self) -> Option<PolicySet> {
        let start = Place { line: 1, column: 1 };
        let manifest_bytes = self.bytes(MANIFEST, MANIFEST, start)?;
        let manifest = self.file(MANIFEST, &manifest_bytes, read_manifest)??;
        let mut vocabulary = self.vocabulary(&manifest.vocabulary)?;

        let mut bytes = Vec::new();
        for (path, at) in &manifest.policies {
            bytes.extend(self.bytes(path, MANIFEST, *at).map(|bytes| (path.as_str(), bytes)));
        }
        // Own attributes of all policies first, so that ids are settled before conditions are read.
        for (path, bytes) in &bytes {
            let limits = self.limits;
            self.file(path, bytes, |file, node| declare_own(file, node, &mut vocabulary, limits));
        }
        let paths = manifest.policies.iter().map(|(path, _)| path.as_str());
        self.refuse_circles(&vocabulary, &manifest.vocabulary.0, paths);

        let mut policies: Vec<Policy> = Vec::new();
        let mut guarantees: Vec<Guarantee> = Vec::new();
        for (path, bytes) in &bytes {
            let read = self.file_again(path, bytes, |file, node| {
                let policy = node.member("policy").and_then(Node::text);
                read_policy(&Scope { file, vocabulary: &vocabulary, policy }, node)
            });
            let Some((policy, own)) = read.flatten() else { continue };
            self.refuse_same_name(&policies, &policy);
            policies.push(policy);
            guarantees.extend(own);
        }
        let own = self.file_again(MANIFEST, &manifest_bytes, |file, node| {
            let scope = Scope { file, vocabulary: &vocabulary, policy: None };
            node.member("guarantees").map(|node| read_guarantees(&scope, node, None))
        });
        let own = own.flatten().unwrap_or_default();
        self.check_whole(&policies);
        Some(PolicySet {
            name: manifest.name,
            digest: format!("sha-256:{}", hexadecimal(&self.digest.finalize_reset())),
            vocabulary,
            policies,
            guarantees: own.into_iter().chain(guarantees).collect(),
            tests: manifest.tests,
            warnings: Vec::new(),
        })
    }

    /// The bytes at `path`, which the file `from` names at `at`.
    fn bytes(&mut self, path: &str, from: &str, at: Place) -> Option<Vec<u8>> {
        if let Err(trouble) = check_path(path) {
            self.error(Code::BadPath, from, at, format!("`{path}` {trouble}"));
            return None;
        }
        match self.source.read(path) {
            Ok(bytes) => {
                self.digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                self.digest.update(&bytes);
                Some(bytes)
            }
            Err(trouble) => {
                self.error(
                    Code::UnreadableFile,
                    from,
                    at,
                    format!("cannot read `{path}`: {trouble}"),
                );
                None
            }
        }
    }

    fn error(&mut self, code: Code, file: &str, at: Place, message: String) {
        let (severity, file) = (Severity::Error, file.to_owned());
        self.found.push(Finding { code, severity, file, at, message, help: None });
    }

    /// Reads one file, and keeps what was found in it.
    fn file<T>(
        &mut self,
        name: &str,
        bytes: &[u8],
        read: impl FnOnce(&File<'_>, &Node<'_>) -> T,
    ) -> Option<T> {
        let file = File::new(name, bytes);
        let result = file.document(self.limits).map(|node| read(&file, &node));
        self.found.extend(file.into_findings());
        result
    }

    /// Reads a file that was read before: nothing is said twice where it is no JSON.
    fn file_again<T>(
        &mut self,
        name: &str,
        bytes: &[u8],
        read: impl FnOnce(&File<'_>, &Node<'_>) -> T,
    ) -> Option<T> {
        let file = File::new(name, bytes);
        let result = read(&file, &file.document(self.limits)?);
        self.found.extend(file.into_findings());
        Some(result)
    }

    fn vocabulary(&mut self, (path, at): &(String, Place)) -> Option<Vocabulary> {
        if path == STANDARD {
            return standard(self.limits)
                .map_err(|findings| self.found.extend(findings.list().iter().cloned()))
                .ok();
        }
        let bytes = self.bytes(path, MANIFEST, *at)?;
        let limits = self.limits;
        self.file(path, &bytes, |file, node| read_vocabulary(file, node, limits)).flatten()
    }

    fn refuse_circles<'p>(
        &mut self,
        vocabulary: &Vocabulary,
        path: &'p str,
        policies: impl Iterator<Item = &'p str>,
    ) {
        if let Err(circle) = derivation_order(vocabulary) {
            let names: Vec<&str> = circle.iter().map(|id| vocabulary[*id].name.as_str()).collect();
            let message = format!(
                "derived attributes depend on each other in a circle: {} -> {}",
                names.join(" -> "),
                names.first().unwrap_or(&"")
            );
            let mut paths = std::iter::once(path).chain(policies);
            let declared = paths.find_map(|path| self.declared_at(path, names.first()?));
            let (path, at) = declared.unwrap_or((path, Place { line: 1, column: 1 }));
            self.error(Code::CyclicDerive, path, at, message);
        }
    }

    /// Where the file at `path` declares an attribute, if it does.
    fn declared_at<'p>(&self, path: &'p str, attribute: &str) -> Option<(&'p str, Place)> {
        let bytes = self.source.read(path).ok()?;
        let limits = JsonLimits { bytes: self.limits.file_bytes, depth: self.limits.depth };
        let node = json::read(&bytes, &limits).ok()?;
        let mut members = node.member("attributes")?.members()?.iter();
        let declared = members.find(|member| member.key == attribute)?;
        Some((path, Place::of(&bytes, declared.at)))
    }

    fn refuse_same_name(&mut self, policies: &[Policy], policy: &Policy) {
        if let Some(other) = policies.iter().find(|other| other.name == policy.name) {
            let message = format!("the policy `{}` exists already, in {}", policy.name, other.file);
            self.error(Code::DuplicateName, &policy.file, policy.at, message);
        }
    }

    fn check_whole(&mut self, policies: &[Policy]) {
        let rules: usize = policies.iter().map(|policy| policy.rules.len()).sum();
        let start = Place { line: 1, column: 1 };
        if rules > self.limits.rules {
            let message =
                format!("the set has {rules} rules; at most {} are compiled", self.limits.rules);
            self.error(Code::OverLimit, MANIFEST, start, message);
        }
        if !policies.is_empty() && policies.iter().all(|policy| policy.only_restricts) {
            self.found.push(Finding {
                code: Code::NothingGrants,
                severity: Severity::Warning,
                file: MANIFEST.to_owned(),
                at: start,
                message: "every policy only restricts: everything is refused".to_owned(),
                help: Some("leave `only_restricts` out of a policy that permits".to_owned()),
            });
        }
    }
}

fn read_manifest(file: &File<'_>, node: &Node<'_>) -> Option<Manifest> {
    const KEYS: [&str; 6] =
        ["policy_set", "title", "vocabulary", "policies", "tests", "guarantees"];
    let form = file.form(node, "a policy set", &KEYS)?;
    let name = form.required_text("policy_set");
    let vocabulary = form.required("vocabulary");
    let path = vocabulary.and_then(|node| file.text(node, "`vocabulary`"));
    let policies = form.required("policies").map(|node| (node, file.texts(node, "`policies`")));
    let tests = form.optional("tests").map(|node| file.texts(node, "`tests`")).unwrap_or_default();
    for (path, at) in &tests {
        if let Err(trouble) = check_path(path) {
            file.error(Code::BadPath, *at, format!("`{path}` {trouble}"), None);
        }
    }
    let (node, policies) = policies?;
    if policies.is_empty() && node.items().is_some() {
        file.error(
            Code::EmptyList,
            node.at,
            "`policies` is empty",
            Some("name at least one policy file".into()),
        );
    }
    Some(Manifest {
        name: name?.to_owned(),
        vocabulary: (path?.to_owned(), file.place(vocabulary?.at)),
        policies: policies
            .into_iter()
            .map(|(path, at)| (path.to_owned(), file.place(at)))
            .collect(),
        tests: tests.into_iter().map(|(path, _)| path.to_owned()).collect(),
    })
}

/// Declares the attributes that a policy keeps to itself.
fn declare_own(file: &File<'_>, node: &Node<'_>, vocabulary: &mut Vocabulary, limits: &Limits) {
    let Some(policy) = node.member("policy").and_then(Node::text) else { return };
    let Some(node) = node.member("attributes") else { return };
    let members = file.members(node, "`attributes`").unwrap_or_default();
    let declared = declare_attributes(file, vocabulary, members, 0, Some(policy), limits);
    link_attributes(file, vocabulary, &declared, Some(policy));
}

/// Whether a path stays in the folder of the policy set.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("is no path");
    }
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return Err("is not relative to the folder of the policy set, with `/`");
    }
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("has a part that is empty, `.` or `..`");
    }
    Ok(())
}
