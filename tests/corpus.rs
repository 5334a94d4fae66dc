//! Replays every kept input of the fuzz targets: seeds, the corpus, and what once failed.
#![allow(clippy::panic, missing_docs, reason = "a test stops at the first surprise")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs::{read, read_dir};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use targets::TARGETS;

/// Targets that are there only with a feature.
const WITH_A_FEATURE: [&str; 2] = ["boundary", "evidence"];

const FOLDERS: [&str; 3] = ["seeds", "corpus", "regressions"];

/// The files of a folder that may not be there, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind)
}

fn replay(target: &str) {
    let check = TARGETS.iter().find(|(name, _)| *name == target).map(|(_, check)| *check);
    let Some(check) = check else { panic!("there is no target `{target}`") };
    let inputs: Vec<PathBuf> =
        FOLDERS.iter().flat_map(|kind| files(&folder(kind).join(target))).collect();
    assert!(!inputs.is_empty(), "there are no seeds for `{target}`");
    let fails = |input: &PathBuf| match read(input) {
        Ok(bytes) => catch_unwind(|| check(&bytes)).is_err(),
        Err(_) => true,
    };
    let failing: Vec<&PathBuf> = inputs.iter().filter(|input| fails(input)).collect();
    assert!(failing.is_empty(), "these inputs fail: {failing:#?}");
}

#[test]
fn kept_authzen_documents_are_answered_in_json_whatever_was_asked_before() {
    replay("authzen");
}

#[cfg(feature = "capi")]
#[test]
fn kept_calls_of_the_c_library_keep_what_its_header_promises() {
    replay("boundary");
}

#[test]
fn kept_policy_sets_are_decided_as_the_reference_decides_them() {
    replay("differential");
}

#[cfg(feature = "evidence")]
#[test]
fn kept_tokens_and_mappings_are_believed_or_not_the_same_whenever_they_are_asked() {
    replay("evidence");
}

#[test]
fn kept_seeds_of_the_generator_make_sets_that_the_reference_agrees_on() {
    replay("generated");
}

#[test]
fn kept_files_are_read_as_strict_json_and_nothing_else() {
    replay("json");
}

#[test]
fn kept_policy_sets_are_decided_and_explained_or_refused_with_words() {
    replay("policy_set");
}

#[test]
fn every_folder_of_inputs_belongs_to_a_target() {
    for folder in FOLDERS.iter().flat_map(|kind| files(&folder(kind))) {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        assert!(
            TARGETS.iter().any(|(target, _)| *target == name) || WITH_A_FEATURE.contains(&name),
            "nothing replays {}",
            folder.display()
        );
    }
}
