//! A matrix as a page: one file, which needs no script and nothing else.

use std::fmt::Write as _;

use portcullis::Comes;

use super::matrix::{Marked, Matrix};

/// The page. Every cell says in words what its colour says; heads have scopes, notes are linked.
pub(crate) fn page(matrix: &Matrix) -> String {
    let (rows, columns) = (&matrix.rows, &matrix.columns);
    let title = escaped(&format!("{}: {} by {}", matrix.set, rows.0, columns.0));
    let given: Vec<String> =
        matrix.given.iter().map(|pair| format!("<code>{}</code>", escaped(pair))).collect();
    let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
    let mut table = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        table,
        "<tr><th scope=\"col\">{} \\ {}</th>{}</tr>",
        escaped(&rows.0),
        escaped(&columns.0),
        columns.1.iter().fold(String::new(), |heads, head| {
            heads + &format!("<th scope=\"col\">{}</th>", escaped(head))
        })
    );
    for (head, row) in rows.1.iter().zip(&matrix.cells) {
        let cells: String = row.iter().map(cell).collect();
        let _ = writeln!(table, "<tr><th scope=\"row\">{}</th>{cells}</tr>", escaped(head));
    }
    let notes: String = (1..)
        .zip(&matrix.notes)
        .map(|(number, note)| format!("<li id=\"note-{number}\">{}</li>\n", escaped(note)))
        .collect();
    let notes =
        if notes.is_empty() { notes } else { format!("<h2>Notes</h2>\n<ol>\n{notes}</ol>\n") };
    format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>Given: {given}. Whatever is not given may be anything: each cell is decided over every such request.</p>
<div class=\"wide\" role=\"region\" aria-label=\"Matrix\" tabindex=\"0\">
<table>
<caption>What every request of a row and a column comes to</caption>
{table}</table>
</div>
{notes}</main>
</body>
</html>
"
    )
}

fn cell(marked: &Marked) -> String {
    let class = match marked.cell.comes {
        Comes::Permitted => "permit",
        Comes::Refused => "deny",
        Comes::Depends { .. } => "depends",
        Comes::Impossible | Comes::Unknown => "none",
    };
    let notes = marked.notes.iter().map(|number| {
        format!(" <a href=\"#note-{number}\" aria-label=\"note {number}\">[{number}]</a>")
    });
    let notes: String = notes.collect();
    format!("<td class=\"{class}\">{}{notes}</td>", marked.word())
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// Dark text on light tints, or light on dark: each pair has a contrast of 7 to 1 or more.
const STYLE: &str = ":root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --line: #767676;
  --permit: #d8f2dc; --deny: #fbdcdc; --depends: #fdf0c8; --none: #eee; --link: #003a8c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f2f2f2; --page: #161616; --line: #8f8f8f;
    --permit: #123d1c; --deny: #561414; --depends: #4a3a06; --none: #2b2b2b; --link: #b5d3ff; }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: .5rem; }
th, td { border: 1px solid var(--line); padding: .4rem .7rem; text-align: left; }
.permit { background: var(--permit); }
.deny { background: var(--deny); }
.depends { background: var(--depends); }
.none { background: var(--none); }
a { color: var(--link); }
:target { outline: 2px solid var(--link); outline-offset: 2px; }
";
