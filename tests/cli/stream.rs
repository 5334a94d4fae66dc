//! `decide --stream`: a line in, a line out.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::run::{Run, portcullis, portcullis_reading};
use super::{CERTIFICATION, READS, TERMS, WRITES};

/// Answers lines, and gives the answers.
fn streamed(arguments: &[&str], input: &[u8]) -> (Run, Vec<Json>) {
    let run = portcullis_reading(&[&["decide", "--stream"], arguments].concat(), input);
    let answers = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (run, answers)
}

fn decisions(answers: &[Json]) -> Vec<&Json> {
    answers.iter().map(|answer| &answer["decision"]).collect()
}

/// The command under way, its input and output ours.
fn started(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args([&["decide", "--stream"], arguments].concat())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn each_line_is_answered_as_it_is_by_itself_and_refusals_are_no_trouble() {
    let (run, answers) = streamed(&[CERTIFICATION], format!("{READS}\n{WRITES}\n").as_bytes());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(decisions(&answers), [true, false]);
    let alone = portcullis_reading(&["decide", CERTIFICATION, "-"], WRITES.as_bytes());
    assert_eq!(run.out.lines().nth(1).unwrap(), alone.out.trim_end());
    let (run, answers) = streamed(&[CERTIFICATION], b"");
    assert_eq!((run.code, answers.len()), (0, 0));
}

#[test]
fn a_hundred_thousand_lines_are_answered_in_their_order_by_two_threads() {
    // Some lines are longer, some take longer to answer, and one in seven is refused.
    let line = |number: usize| {
        let subject = if number % 7 == 3 { "bob" } else { "alice" };
        let padding = " ".repeat(number % 11 * 20);
        format!(
            r#"{{"subject":{{"type":"user","id":"{subject}"}},{padding}"action":{{"name":"write"}},"resource":{{"type":"record","id":"{number}"}}}}"#
        ) + "\n"
    };
    let input = Vec::from_iter((0..100_000).map(line)).concat();
    let mut child = started(&[CERTIFICATION, "--threads", "2"]);
    let mut stdin = child.stdin.take().unwrap();
    // It takes no more than it can answer: who writes everything before reading would wait for ever.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let run = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((run.status.code(), run.stderr), (Some(0), vec![]));
    let out = String::from_utf8(run.stdout).unwrap();
    let refused = |answer: &str| answer.starts_with(r#"{"decision":false,"context":{"id":""#);
    assert!(out.lines().enumerate().all(|(number, answer)| refused(answer) == (number % 7 == 3)));
    assert_eq!(out.lines().count(), 100_000);
    // Each answer has the id of its own line.
    for number in [0, 1, 3, 49_999, 99_999] {
        let alone =
            portcullis_reading(&["decide", CERTIFICATION, "-"], line(number).trim().as_bytes());
        assert_eq!(out.lines().nth(number).unwrap(), alone.out.trim_end(), "{number}");
    }
}

#[test]
fn a_bad_line_is_refused_in_its_place_and_the_exit_code_says_so() {
    let input = format!("{READS}\nnonsense\n\n{READS}\n{{\"subject\":1}}\n[]\n{READS}\n");
    let (run, answers) = streamed(&[CERTIFICATION], input.as_bytes());
    assert_eq!(decisions(&answers), [true, false, false, true, false, false, true]);
    let error = |message: &str| json!({ "decision": false, "context": { "error": { "status": 400, "message": message } } });
    assert_eq!(answers[1], error("request:2:2: expected ident"));
    assert_eq!(answers[2], error("request:3:1: there is no text here"));
    assert_eq!(answers[4], error("request:5:12: `subject` is an object, not a number"));
    assert_eq!(answers[5], error("request:6:1: a request is an object, not an array"));
    assert_eq!(run.code, 1);
    let words = "4 of 7 lines are no requests, and were refused: request:2:2: expected ident";
    assert!(run.err.contains(words), "{}", run.err);
}

#[test]
fn the_last_line_may_lack_its_end_and_lines_may_end_as_on_windows() {
    let (run, answers) =
        streamed(&[CERTIFICATION], format!("{READS}\r\n{WRITES}\r\n{READS}").as_bytes());
    assert_eq!(
        (run.code, decisions(&answers)),
        (0, vec![&json!(true), &json!(false), &json!(true)])
    );
    assert!(run.out.ends_with('\n') && !run.out.contains('\r'));
}

#[test]
fn a_line_longer_than_a_request_may_be_is_refused_and_the_next_one_answered() {
    let padded = |length: usize| {
        let (start, end) = READS.split_at(READS.len() - 1);
        format!("{start}{}{end}", " ".repeat(length - READS.len()))
    };
    let most = 1 << 20;
    for (length, fits) in
        [(most, true), (most + 1, false), (most + 2, false), (most + 3, false), (5 * most, false)]
    {
        for end in ["\n", "\r\n"] {
            let input = format!("{}{end}{READS}{end}", padded(length));
            let (run, answers) = streamed(&[CERTIFICATION], input.as_bytes());
            assert_eq!(decisions(&answers), [fits, true], "{length} {end:?}");
            assert_eq!(run.code, if fits { 0 } else { 1 });
        }
        let (_, answers) = streamed(&[CERTIFICATION], padded(length).as_bytes());
        assert_eq!(decisions(&answers), [fits], "{length}, the last");
    }
    // What follows a whole request in a line that is too long does not get lost on the way.
    let input = format!("{READS}{}nonsense\n{READS}\n", " ".repeat(3 * most));
    assert_eq!(decisions(&streamed(&[CERTIFICATION], input.as_bytes()).1), [false, true]);
}

#[test]
fn a_batch_is_a_line_too() {
    let line = format!(
        "{},\"evaluations\":[{{}},{{\"action\":{{}}}}]}}\n",
        READS.strip_suffix('}').unwrap()
    );
    let (run, answers) = streamed(&[CERTIFICATION], line.as_bytes());
    assert_eq!((run.code, answers.len()), (0, 1));
    assert_eq!(decisions(answers[0]["evaluations"].as_array().unwrap()), [true, false]);
}

#[test]
fn what_asks_one_line_and_waits_is_answered_before_it_goes_on() {
    let mut child = started(&[CERTIFICATION, "--threads", "2"]);
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut stdout = BufReader::new(stdout);
    for (line, decision) in [(READS, true), (WRITES, false), (READS, true)] {
        // In pieces, as a slow pipe hands them over.
        let (start, end) = line.split_at(40);
        stdin.write_all(start.as_bytes()).unwrap();
        stdin.flush().unwrap();
        std::thread::yield_now();
        stdin.write_all(format!("{end}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        let answer: Json = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["decision"], decision);
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = started(&[CERTIFICATION]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(format!("{READS}\n").as_bytes()).unwrap();
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    // It notices with one of the next answers, and then wants no more; its input stays open.
    for _ in 0..100_000 {
        if stdin.write_all(format!("{READS}\n").as_bytes()).is_err() {
            break;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(words, "");
}

#[test]
fn what_the_command_line_states_counts_for_every_line() {
    let (run, answers) =
        streamed(&[CERTIFICATION, "subject.id=alice"], format!("{WRITES}\n{WRITES}\n").as_bytes());
    assert_eq!((run.code, decisions(&answers)), (0, vec![&json!(true); 2]));
}

/// A request of the set `terms` that rests on evidence, with or without its time.
fn views(time: &str) -> String {
    format!(
        r#"{{"subject":{{"type":"user","id":"ann","properties":{{"factors":2,"roles":["archivist"]}}}},"action":{{"name":"view"}},"resource":{{"type":"record","id":"r-1","properties":{{"status":"open","labels":[],"embargo_ends":"2026-06-01T00:00Z"}}}},"context":{{{time}"device":{{"managed":true,"os_version":"17.1"}}}}}}"#
    )
}

#[test]
fn the_time_is_that_of_the_option_or_of_the_line_or_else_of_the_clock() {
    let own = views(r#""time":"2026-03-02T09:00Z","#) + "\n";
    let none = views("") + "\n";
    let until = |answers: &[Json]| answers[0]["context"]["valid_until"].clone();
    let (_, answers) = streamed(&[TERMS], own.as_bytes());
    assert_eq!(until(&answers), "2026-06-01T00:00:00Z");
    let (_, answers) = streamed(&[TERMS, "--at", "2026-07-01T00:00Z"], own.as_bytes());
    assert_eq!(until(&answers), json!(null), "the embargo has ended");
    let (_, answers) = streamed(&[TERMS, "--at", "2026-03-02T09:00Z"], none.as_bytes());
    assert_eq!(until(&answers), "2026-06-01T00:00:00Z");
    let (run, answers) = streamed(&[TERMS], none.as_bytes());
    assert_eq!((run.code, answers[0]["context"].get("error")), (0, None));
}

#[test]
fn as_a_gateway_it_takes_no_stated_evidence() {
    let line = views(r#""time":"2026-03-02T09:00Z","#) + "\n";
    let bench = streamed(&[TERMS], line.as_bytes()).1;
    let gateway = streamed(&[TERMS, "--as-gateway"], line.as_bytes()).1;
    assert_eq!((&bench[0]["decision"], &gateway[0]["decision"]), (&json!(true), &json!(false)));
}

#[test]
fn what_makes_no_sense_with_a_stream_is_refused() {
    let cases: [(&[&str], &str); 5] = [
        (&[CERTIFICATION, "request.json"], "a stream is standard input, not `request.json`"),
        (&[CERTIFICATION, "--format", "text"], "a stream is answered in JSON"),
        (&[CERTIFICATION, "--threads", "0"], "0"),
        (&[CERTIFICATION, "no.such=1"], "unknown attribute `no.such`"),
        (&["no-such-set"], "no-such-set"),
    ];
    for (arguments, words) in cases {
        let run = streamed(arguments, b"").0;
        assert!(run.code == 1 && run.err.contains(words) && run.out.is_empty(), "{run:?}");
    }
    assert_eq!(portcullis(&["decide", CERTIFICATION, "action=read", "--threads", "2"]).code, 1);
}
