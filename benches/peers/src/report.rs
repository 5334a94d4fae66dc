//! The page: tables between its marks are written anew, its prose is kept.

use std::fs;
use std::path::Path;

use crate::instructions::{ANSWER, Profile, TYPED};
use crate::measure::{Task, float};
use crate::plot::{Line, plot, time};
use crate::results::{Measured, Results};
use crate::targets::{beside_parsing, judged, targets};

/// Peers, in the order of the tables and of the plots' colours.
const PEERS: [&str; 5] = ["cel", "regorus", "regorus-interpreted", "cedar", "casbin"];

/// Writes `docs/speed.md` and the plots beside it.
pub fn write(folder: &Path, results: &Results, run: &str) {
    let path = folder.join("speed.md");
    let mut page = fs::read_to_string(&path).unwrap();
    let of_this_build = |name: &str| BESIDE_PARSING.contains(&name) != cfg!(feature = "engines");
    for (name, text) in tables(results, run).into_iter().filter(|(name, _)| of_this_build(name)) {
        page = fill(&page, name, &text);
    }
    fs::write(path, page).unwrap();
    if !cfg!(feature = "engines") {
        return;
    }
    for (name, title, prefix) in PLOTS {
        let lines = lines(results, prefix);
        if can_be_drawn(&lines) {
            fs::write(folder.join(name), plot(title, "rules", &lines)).unwrap();
        }
    }
}

/// The tables that compare with parsing. The other engines have `serde_json` keep the order of members,
/// which slows it: so these are written by a build without them.
const BESIDE_PARSING: [&str; 5] =
    ["run-beside-parsing", "json", "stream", "council", "targets-beside-parsing"];

/// The plots: files, titles, and the workloads whose names begin so.
const PLOTS: [(&str, &str, &str); 2] = [
    ("speed-owned.svg", "Typed values to a decision: rules that belong to owners", "owned-"),
    ("speed-crosscut.svg", "Typed values to a decision: rules that cut across", "crosscut-"),
];

fn can_be_drawn(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.points.len() > 1)
}

fn plots(results: &Results) -> String {
    let drawn = PLOTS.iter().filter(|(.., prefix)| can_be_drawn(&lines(results, prefix)));
    drawn.map(|(name, title, _)| format!("![{title}]({name})\n\n")).collect()
}

/// Every table by the name of its marks; those of what was not measured are left out.
pub fn tables(results: &Results, run: &str) -> Vec<(&'static str, String)> {
    let all = [
        ("run", format!("{run}\n")),
        ("run-beside-parsing", format!("{run}\n")),
        ("workloads", workloads(results)),
        ("decide", beside_floor(results, Task::Decide, Task::DecideChained)),
        ("typed", beside_floor(results, Task::Typed, Task::TypedChained)),
        ("rule", rules_and_names(results)),
        ("plots", plots(results)),
        ("peers", peers(results, Task::Typed)),
        ("peers-decide", peers(results, Task::Decide)),
        ("compared", compared(results)),
        ("json", json(results)),
        ("boundary", boundary(results)),
        ("allocations", allocations(results)),
        ("load", load(results)),
        ("threads", threads(results)),
        ("council", council(results)),
        ("evidence", evidence(results)),
        ("stream", stream(results)),
        ("cache", cache(results)),
        ("emptiness", emptiness(results)),
        ("instructions", instructions(results)),
        ("profile", profile(&TYPED, &results.typed_profile, "instructions of a typed decision")),
        (
            "profile-json",
            profile(&ANSWER, &results.answer_profile, "instructions of an answer in JSON"),
        ),
        ("targets", judged(&targets(results), &results.runs)),
        ("targets-beside-parsing", judged(&beside_parsing(results), &results.runs)),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// Puts a text between the marks of this name.
pub fn fill(page: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let Some((before, rest)) = page.split_once(&open) else { return page.to_owned() };
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{text}{close}{after}")
}

/// A table; nothing where there are no rows.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heads = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    let rule = format!("|{}\n", " --- |".repeat(head.len()));
    heads + rule.as_str() + rows.into_iter().map(line).collect::<String>().as_str()
}

fn workloads(results: &Results) -> String {
    let rows = results.workloads.iter().map(|of| {
        let cells = [
            of.workload.clone(),
            of.rules.to_string(),
            of.mix.to_owned(),
            of.requests.to_string(),
            format!("{} %", of.permits),
        ];
        cells.to_vec()
    });
    table(&["workload", "rules", "requests", "how many", "permits"], rows.collect())
}

fn beside_floor(results: &Results, task: Task, chained: Task) -> String {
    let rows = results.workloads.iter().filter_map(|of| {
        let (floor, ours) = (of.timing(task, "floor")?, of.timing(task, "Portcullis")?);
        let chain = of.median(chained, "floor")?;
        let our_chain = of.median(chained, "Portcullis")?;
        let range = |low: f64, high: f64| format!("{}–{}", number(low), number(high));
        let cells = [
            format!("{}, {}", of.workload, of.mix),
            format!("{} ({})", number(floor.median), range(floor.quartiles.0, floor.quartiles.1)),
            format!("{} ({})", number(ours.median), range(ours.quartiles.0, ours.quartiles.1)),
            times(ours.median / floor.median),
            format!("{} / {}", number(floor.p99), number(ours.p99)),
            number(chain),
            number(our_chain),
            times(our_chain / chain),
        ];
        Some(cells.to_vec())
    });
    let head = [
        "ns",
        "floor",
        "Portcullis",
        "ratio",
        "p99: floor / Portcullis",
        "chained: floor",
        "Portcullis",
        "ratio",
    ];
    table(&head, rows.collect())
}

fn rules_and_names(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| of.mix == "realistic").filter_map(|of| {
        let floor = of.median(Task::TypedRule, "floor")?;
        let ours = of.median(Task::TypedRule, "Portcullis")?;
        let named = of.median(Task::TypedByName, "Portcullis")?;
        let plain = of.median(Task::Typed, "Portcullis")?;
        let cells = [
            of.workload.clone(),
            number(floor),
            number(ours),
            times(ours / floor),
            number(named),
            times(named / plain),
        ];
        Some(cells.to_vec())
    });
    let head = [
        "ns",
        "floor, with the rule",
        "Portcullis, with a rule",
        "ratio",
        "values by name",
        "beside keys",
    ];
    table(&head, rows.collect())
}

fn peers(results: &Results, task: Task) -> String {
    let mut rows = vec![];
    for of in results.workloads.iter().filter(|of| of.mix == "realistic") {
        let Some(ours) = of.median(task, "Portcullis") else { continue };
        let cell = |name: &str| {
            let median = of.median(task, name);
            median.map_or("–".to_owned(), |median| {
                format!("{} ({})", time(median), times(median / ours))
            })
        };
        if PEERS.iter().all(|peer| of.median(task, peer).is_none()) {
            continue;
        }
        for suffix in ["", " by owner"] {
            let cells: Vec<String> =
                PEERS.iter().map(|peer| cell(&format!("{peer}{suffix}"))).collect();
            if cells.iter().any(|cell| cell != "–") {
                let name =
                    [format!("{}{}", of.workload, suffix.replace(" by", ", by")), time(ours)];
                rows.push(name.into_iter().chain(cells).collect());
            }
        }
    }
    let head = [
        "",
        "Portcullis",
        "cel 0.15",
        "regorus 0.14, its virtual machine",
        "regorus, interpreted",
        "Cedar 4.14",
        "casbin 2.20",
    ];
    table(&head, rows)
}

fn compared(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| !of.compared.is_empty()).map(|of| {
        let counts = of.compared.iter().map(|(_, (shipped, owner))| match owner {
            0 => shipped.to_string(),
            owner => format!("{shipped}, {owner}"),
        });
        [of.workload.clone(), of.requests.to_string()].into_iter().chain(counts).collect()
    });
    let head =
        ["", "floor and Portcullis", "cel", "regorus", "regorus, interpreted", "Cedar", "casbin"];
    table(&head, rows.collect())
}

fn json(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| of.mix == "realistic").filter_map(|of| {
        let parse = of.timing(Task::Json, "serde_json")?;
        let ours = of.timing(Task::Json, "Portcullis")?;
        let cells = [
            of.workload.clone(),
            time(parse.median),
            time(ours.median),
            times(ours.median / parse.median),
            time(ours.p99),
            number(ours.allocations),
        ];
        Some(cells.to_vec())
    });
    let head =
        ["", "`serde_json` parses", "Portcullis answers", "ratio", "p99", "allocations an answer"];
    table(&head, rows.collect())
}

fn boundary(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| of.mix == "realistic").filter_map(|of| {
        let pair = |task: Task| {
            let (rust, c) = (of.median(task, "Portcullis")?, of.median(task, "Portcullis from C")?);
            Some([time(rust), time(c)])
        };
        let pairs = [pair(Task::Decide)?, pair(Task::Typed)?, pair(Task::Json)?].concat();
        Some([vec![of.workload.clone()], pairs].concat())
    });
    let head = ["", "decide: Rust", "C", "typed values: Rust", "C", "JSON: Rust", "C"];
    table(&head, rows.collect())
}

fn allocations(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| of.mix == "realistic").map(|of| {
        let count = |name: &str| {
            let timing = of.timing(Task::Typed, name);
            timing.map_or("–".to_owned(), |timing| number(timing.allocations))
        };
        let own = [of.workload.clone(), count("floor"), count("Portcullis")];
        own.into_iter().chain(PEERS.iter().map(|peer| count(peer))).collect()
    });
    let head = [
        "allocations a decision",
        "floor",
        "Portcullis",
        "cel",
        "regorus",
        "regorus, interpreted",
        "Cedar",
        "casbin",
    ];
    table(&head, rows.collect())
}

fn load(results: &Results) -> String {
    let rows = results.loads.iter().map(|load| {
        let bytes = float(usize::try_from(load.bytes).unwrap_or(0));
        let cells = [
            load.workload.clone(),
            load.contender.clone(),
            time(load.milliseconds * 1e6),
            format!("{:.0} KiB", bytes / 1024.0),
            format!("{:.0}", bytes / float(load.rules)),
        ];
        cells.to_vec()
    });
    table(&["", "", "load", "memory", "bytes a rule"], rows.collect())
}

fn threads(results: &Results) -> String {
    let rows = results.threads.iter().map(|of| {
        let cells = [
            of.workload.clone(),
            number(of.one),
            format!("{} ({})", number(of.two), times(of.two / of.one)),
            format!("{} ({})", number(of.reloaded), times(of.reloaded / of.one)),
            time(of.p999_quiet),
            format!("{} ({})", time(of.p999_reloaded), times(of.p999_reloaded / of.p999_quiet)),
            of.reloads.to_string(),
        ];
        cells.to_vec()
    });
    let head = [
        "million decisions a second",
        "one thread",
        "two",
        "two, with reloads",
        "p99.9 of two",
        "with reloads",
        "reloads",
    ];
    table(&head, rows.collect())
}

fn council(results: &Results) -> String {
    let rows = results.council.iter().map(|(name, timing)| {
        [name.clone(), time(timing.median), time(timing.p99), number(timing.allocations)].to_vec()
    });
    let mut text = table(&["the council's set", "median", "p99", "allocations"], rows.collect());
    if let Some((without, with)) = results.council_load {
        text += &format!(
            "\nRead, checked and compiled in {}; with every guarantee proved, {}.\n",
            time(without * 1e6),
            time(with * 1e6)
        );
    }
    text
}

fn evidence(results: &Results) -> String {
    let rows = results.evidence.iter().map(|(name, median)| [name.clone(), time(*median)].to_vec());
    table(&["token and values to decision", "median"], rows.collect())
}

fn stream(results: &Results) -> String {
    let Some(stream) = &results.stream else { return String::new() };
    let row = |name: &str, rate: f64| {
        [name.to_owned(), number(rate), times(rate / stream.parsed)].to_vec()
    };
    let rows = vec![
        row("`serde_json` parses, one core", stream.parsed),
        row("`decide --stream`, one core", stream.one),
        row("`decide --stream`, two cores", stream.two),
    ];
    table(&["", "MB a second", "beside parsing"], rows)
}

fn cache(results: &Results) -> String {
    let rows = results.cache.iter().map(|(name, each)| [name.clone(), number(*each)].to_vec());
    table(&["addresses spread over", "ns a load, each waiting for the one before"], rows.collect())
}

fn emptiness(results: &Results) -> String {
    let rows = results.workloads.iter().filter(|of| of.mix == "realistic").filter_map(|of| {
        let [words, empty, told] = of.emptiness?.map(float);
        let share = |of: f64| format!("{:.1} %", 100.0 * of / words);
        Some(vec![
            of.workload.clone(),
            number(words / float(of.requests)),
            share(empty),
            share(told),
        ])
    });
    let head = ["", "words of a row", "empty once ANDed", "what a second level would skip"];
    table(&head, rows.collect())
}

fn profile(profile: &Profile, spent: &[(String, Vec<f64>)], of: &str) -> String {
    let all = |place: usize| spent.iter().map(|(_, costs)| costs[place]).sum::<f64>();
    let rows = spent.iter().map(|(purpose, costs)| {
        let shares = costs
            .iter()
            .enumerate()
            .map(|(place, cost)| format!("{} ({:.0} %)", number(*cost), 100.0 * cost / all(place)));
        std::iter::once(purpose.clone()).chain(shares).collect()
    });
    let head: Vec<&str> = std::iter::once(of).chain(profile.workloads().iter().copied()).collect();
    table(&head, rows.collect())
}

fn instructions(results: &Results) -> String {
    let mut rows = vec![];
    for (workload, lane, count) in &results.instructions {
        let Some(task) = lane.strip_suffix("/Portcullis") else { continue };
        let floor = results
            .instructions
            .iter()
            .find(|(of, lane, _)| of == workload && lane.strip_suffix("/floor") == Some(task));
        if let Some((.., floor)) = floor {
            let cells = [
                workload.clone(),
                task.to_owned(),
                number(*floor),
                number(*count),
                times(count / floor),
            ];
            rows.push(cells.to_vec());
        }
    }
    table(&["instructions a decision", "", "floor", "Portcullis", "ratio"], rows)
}

fn lines(results: &Results, prefix: &str) -> Vec<Line> {
    let named = [
        ("Portcullis", 0),
        ("floor", 1),
        ("cel", 2),
        ("regorus", 3),
        ("cedar", 4),
        ("casbin", 5),
        ("cel by owner", 2),
        ("regorus by owner", 3),
        ("cedar by owner", 4),
        ("casbin by owner", 5),
    ];
    let lines = named.into_iter().map(|(name, colour)| {
        let of = results
            .workloads
            .iter()
            .filter(|of| of.mix == "realistic" && of.workload.starts_with(prefix));
        let point = |of: &Measured| Some((float(of.rules), of.median(Task::Typed, name)?));
        Line {
            name: name.to_owned(),
            colour,
            dashed: name.ends_with(" by owner"),
            points: of.filter_map(point).collect(),
        }
    });
    lines.filter(|line| !line.points.is_empty()).collect()
}

/// A number to two or three figures.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        "–".to_owned()
    } else if value >= 9.95 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// How many times.
pub fn times(ratio: f64) -> String {
    if ratio < 9.95 { format!("{ratio:.2} ×") } else { format!("{} ×", number(ratio)) }
}
