//! `portcullis decide SET --stream`, from a file to a file, beside `serde_json` merely parsing the same
//! lines.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::measure::{float, nanoseconds, quantile};
use crate::neutral::Workload;
use crate::ours;
use crate::results::Stream;

/// Megabytes a second; `None` where the command at `path` has no `--stream`.
pub fn stream(workload: &Workload, path: &Path, lines: usize, rounds: usize) -> Option<Stream> {
    let help = Command::new(path).args(["decide", "--help"]).output().ok()?;
    if !String::from_utf8_lossy(&help.stdout).contains("--stream") {
        return None;
    }
    let folder = std::env::temp_dir().join(format!("portcullis-peers-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in ours::files(workload) {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let all = workload.realistic.len();
    let documents: Vec<String> =
        workload.realistic.iter().map(|request| ours::authzen(workload, request) + "\n").collect();
    let text: String = (0..lines).map(|line| documents[line % all].as_str()).collect();
    let input = folder.join("requests.ndjson");
    fs::write(&input, &text).unwrap();
    let megabytes = float(text.len()) / 1e6;
    let wanted =
        (0..lines).filter(|line| workload.oracle(&workload.realistic[line % all]).permit).count();
    let (mut parsed, mut one, mut two) = (vec![], vec![], vec![]);
    for _ in 0..rounds {
        let start = Instant::now();
        for line in text.lines() {
            std::hint::black_box(serde_json::from_str::<serde_json::Value>(line).unwrap());
        }
        parsed.push(megabytes / (nanoseconds(start) / 1e9));
        for (cores, took) in [("0", &mut one), ("0,1", &mut two)] {
            // Nobody reads along, who would take turns with it on its one core.
            let output = folder.join("answers.ndjson");
            let (requests, written) = (fs::File::open(&input), fs::File::create(&output));
            let start = Instant::now();
            Command::new("taskset")
                .args(["-c", cores])
                .arg(path)
                .arg("decide")
                .arg(&folder)
                .arg("--stream")
                .stdin(requests.unwrap())
                .stdout(written.unwrap())
                .status()
                .unwrap();
            took.push(megabytes / (nanoseconds(start) / 1e9));
            let answers = fs::read_to_string(output).unwrap();
            let permits = answers.lines().filter(|line| line.contains("\"decision\":true")).count();
            assert_eq!((answers.lines().count(), permits), (lines, wanted), "the stream's answers");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    let median = |mut rates: Vec<f64>| quantile(&mut rates, 0.5);
    Some(Stream { parsed: median(parsed), one: median(one), two: median(two) })
}
