//! The README is true: its sets check, its tests pass, its commands print what it says.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = include_str!("../README.md");

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).map(|after| after.split("```").next().unwrap()).collect()
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The policy set that the README writes, in a folder of its own.
fn parish(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("portcullis-readme-{name}-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("parish")).unwrap();
    let files = ["policy-set.json", "parish.json", "tests.json"];
    let blocks = blocks("json");
    assert_eq!(blocks.len(), files.len());
    for (file, text) in files.iter().zip(blocks) {
        std::fs::write(folder.join("parish").join(file), text).unwrap();
    }
    folder
}

#[test]
fn the_first_command_prints_what_the_readme_says() {
    let block = blocks("console")[0].replace("\\\n", "");
    let (command, expected) = block.split_once('\n').unwrap();
    let arguments: Vec<&str> = command.split_whitespace().skip(3).collect();
    assert_eq!(run(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments), expected);
}

#[cfg(feature = "evidence")]
#[test]
fn the_copied_token_is_not_believed_as_the_readme_shows() {
    let (command, expected) = blocks("console")[3].split_once('\n').unwrap();
    let arguments: Vec<&str> = command.split_whitespace().skip(3).collect();
    assert_eq!(run(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments), expected);
}

#[test]
fn the_first_policy_checks_and_the_first_test_passes() {
    let folder = parish("first");
    let checked = run(&folder, &["check", "parish"]);
    assert!(checked.starts_with("parish: 1 policy, 2 rules, 7 tests; 0 warnings\n"), "{checked}");
    assert_eq!(run(&folder, &["test", "parish"]), "7 passed, 0 failed, 0 invalid\n");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_misspelt_word_is_found_as_the_readme_shows() {
    let folder = parish("misspelt");
    let file = folder.join("parish/parish.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("\"managed\"", "\"manged\"", 1)).unwrap();
    let (_, expected) = blocks("console")[2].split_once('\n').unwrap();
    let found = run(&folder, &["check", "parish"]);
    assert!(found.starts_with(expected.trim_end()), "{found}");
    std::fs::remove_dir_all(folder).unwrap();
}
