//! `portcullis matrix`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use portcullis::{
    AttributeId, Cell, Comes, Folder, Kind, Limits, Pdp, PolicySet, Prover, Value, Vocabulary,
};
use serde_json::{Value as Json, json};

use super::page::page;
use super::request::{attribute, given, value};
use super::words::{BAD, GOOD, ODD, QUIET, spelled, wrapped};
use super::{End, Format, SetArg, Stop, show};

/// Arguments of `matrix`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// The attribute of the rows, as device.posture; of one without listed words, its values, too:
    /// subject.factors=1,2
    #[arg(long, value_name = "A")]
    rows: String,
    /// The attribute of the columns, likewise
    #[arg(long, value_name = "B")]
    columns: String,
    /// Values that every request states; whatever is not given may be anything
    #[arg(value_name = "name=value")]
    given: Vec<String>,
    /// Write it to this file as a page for people, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How to write it
    #[arg(long, default_value = "text")]
    format: Format,
}

/// A matrix, decided.
pub(crate) struct Matrix {
    /// The name of the policy set.
    pub(crate) set: String,
    /// What is given, as `name=value`.
    pub(crate) given: Vec<String>,
    /// The attribute of the rows and its values; and of the columns.
    pub(crate) rows: (String, Vec<String>),
    pub(crate) columns: (String, Vec<String>),
    /// Its cells, row by row.
    pub(crate) cells: Vec<Vec<Marked>>,
    /// What its cells refer to, from 1 on.
    pub(crate) notes: Vec<String>,
}

/// A cell, and the numbers of its notes.
pub(crate) struct Marked {
    pub(crate) cell: Cell,
    pub(crate) notes: Vec<usize>,
}

impl Marked {
    /// The cell in a word.
    pub(crate) fn word(&self) -> &'static str {
        match self.cell.comes {
            Comes::Permitted => "permit",
            Comes::Refused => "deny",
            Comes::Depends { .. } => "depends",
            Comes::Impossible => "no such",
            Comes::Unknown => "not told",
        }
    }

    /// The cell, with its notes: `permit [1]`.
    fn text(&self) -> String {
        let notes: Vec<String> = self.notes.iter().map(ToString::to_string).collect();
        let notes = notes.join(",");
        if notes.is_empty() { self.word().to_owned() } else { format!("{} [{notes}]", self.word()) }
    }
}

/// Runs `matrix`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let folder = Folder::new(&args.set.set);
    let limits = Limits::default();
    let stop = |findings| show::not_valid(&folder, &findings, args.format);
    let set = PolicySet::read(&folder, &limits).map_err(stop)?;
    let pdp = Pdp::new(&set).map_err(stop)?;
    let prover = Prover::new(&set, &limits).map_err(stop)?;
    let vocabulary = set.vocabulary();
    let (row, rows) = heads(&prover, &pdp, vocabulary, &args.rows)?;
    let (column, columns) = heads(&prover, &pdp, vocabulary, &args.columns)?;
    let given = given(&prover, &pdp, &args.given)?;
    let twice = row == column || given.iter().any(|(id, _)| *id == row || *id == column);
    if twice {
        let message =
            "an attribute is given twice: rows, columns and name=value must be of different ones";
        return Err(Stop::could_not_run(message));
    }
    let cells = prover.matrix(&given, (row, &rows), (column, &columns));
    let head = |id: AttributeId, values: &[Value]| {
        (vocabulary[id].name.clone(), values.iter().map(spelled).collect::<Vec<_>>())
    };
    let given =
        given.iter().map(|(id, value)| format!("{}={}", vocabulary[*id].name, spelled(value)));
    let mut matrix = Matrix {
        set: set.name().to_owned(),
        given: given.collect(),
        rows: head(row, &rows),
        columns: head(column, &columns),
        cells: Vec::new(),
        notes: Vec::new(),
    };
    matrix.cells = cells
        .into_iter()
        .map(|row| row.into_iter().map(|cell| mark(&mut matrix.notes, cell)).collect())
        .collect();
    if let Some(path) = &args.html {
        std::fs::write(path, page(&matrix)).map_err(|error| {
            Stop::could_not_run(format!("cannot write `{}`: {error}", path.display()))
        })?;
    }
    match args.format {
        Format::Text => show::print(&in_words(&matrix)),
        Format::Json => show::print(&format!("{}\n", show::json(&in_json(&matrix)))),
    }
    Ok(End::Well)
}

/// The attribute of a side, and its values: those that are named, else all that are listed.
fn heads(
    prover: &Prover,
    pdp: &Pdp,
    vocabulary: &Vocabulary,
    text: &str,
) -> Result<(AttributeId, Vec<Value>), Stop> {
    let (name, named) =
        text.split_once('=').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let id = attribute(prover, vocabulary, name)?;
    let values = match (named, &vocabulary[id].kind) {
        (Some(named), _) => {
            let values = named.split(',').map(|one| value(pdp, &format!("{name}={}", one.trim())));
            values.collect::<Result<Vec<Value>, Stop>>()?
        }
        (None, Kind::Bool) => vec![Value::Bool(true), Value::Bool(false)],
        (None, Kind::Enum(words)) => {
            words.list().iter().map(|word| Value::Text(word.clone())).collect()
        }
        (None, _) => {
            let message = format!("`{name}` has no listed words: name the values, as {name}=…,…");
            return Err(Stop::could_not_run(message));
        }
    };
    Ok((id, values))
}

/// A cell with the notes that it needs; the same note is made once.
fn mark(notes: &mut Vec<String>, cell: Cell) -> Marked {
    let mut needed = BTreeSet::new();
    if let Comes::Depends { on, complete } = &cell.comes {
        let more = if *complete { "" } else { ", and perhaps on more" };
        needed.insert(format!("depends on {}{more}", on.join(", ")));
    }
    if !cell.always.is_empty() {
        needed.insert(format!("every permit carries {}", cell.always.join(", ")));
    }
    if !cell.sometimes.is_empty() {
        needed.insert(format!("some permits carry {}", cell.sometimes.join(", ")));
    }
    let mut numbers: Vec<usize> = Vec::new();
    for note in needed {
        let place = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
            notes.push(note);
            notes.len() - 1
        });
        numbers.push(place + 1);
    }
    numbers.sort_unstable();
    Marked { cell, notes: numbers }
}

fn in_words(matrix: &Matrix) -> String {
    let (rows, columns) = (&matrix.rows.1, &matrix.columns.1);
    let corner = format!("{} \\ {}", matrix.rows.0, matrix.columns.0);
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let first =
        width(&mut rows.iter().map(|head| head.chars().count()).chain([corner.chars().count()]));
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(place, head)| {
            let cells = matrix.cells.iter().filter_map(|row| row.get(place));
            let cells = cells.map(|cell| cell.text().chars().count());
            width(&mut cells.chain([head.chars().count()]))
        })
        .collect();
    let mut text = format!("{corner:<first$}");
    for (head, width) in columns.iter().zip(&widths) {
        text += &format!("  {head:<width$}");
    }
    text = format!("{QUIET}{}{QUIET:#}\n", text.trim_end());
    for (head, row) in rows.iter().zip(&matrix.cells) {
        let mut line = format!("{head:<first$}");
        for (cell, width) in row.iter().zip(&widths) {
            let style = match cell.cell.comes {
                Comes::Permitted => GOOD,
                Comes::Refused => BAD,
                Comes::Depends { .. } => ODD,
                Comes::Impossible | Comes::Unknown => QUIET,
            };
            // Spaces stay outside of the colour, so that they can be left out at the end.
            let words = cell.text();
            let rest = " ".repeat(width.saturating_sub(words.chars().count()));
            line += &format!("  {style}{words}{style:#}{rest}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    if !matrix.notes.is_empty() {
        text.push('\n');
    }
    for (number, note) in (1..).zip(&matrix.notes) {
        let mark = format!("[{number}] ");
        text += &wrapped(&mark, mark.len(), note);
    }
    text
}

fn in_json(matrix: &Matrix) -> Json {
    let cell = |marked: &Marked| {
        let Cell { comes, always, sometimes } = &marked.cell;
        let mut cell =
            json!({ "decision": marked.word(), "always": always, "sometimes": sometimes });
        if let (Comes::Depends { on, complete }, Some(members)) = (comes, cell.as_object_mut()) {
            members.insert("on".to_owned(), json!(on));
            members.insert("complete".to_owned(), json!(complete));
        }
        cell
    };
    let row = |(head, row): (&String, &Vec<Marked>)| {
        let cells = matrix.columns.1.iter().zip(row);
        let cells: serde_json::Map<String, Json> =
            cells.map(|(head, marked)| (head.clone(), cell(marked))).collect();
        (head.clone(), Json::Object(cells))
    };
    let cells: serde_json::Map<String, Json> =
        matrix.rows.1.iter().zip(&matrix.cells).map(row).collect();
    json!({
        "policy_set": matrix.set, "given": matrix.given,
        "rows": matrix.rows.0, "columns": matrix.columns.0, "cells": cells,
    })
}
