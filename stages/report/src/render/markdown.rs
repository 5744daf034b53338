use crate::layout::{Entry, Layout};
use crate::presentation::Verdict;
use crate::{PaperTable, Presentation};

/// Returns a table in Markdown whose columns are aligned; with `color`, what is held is green and what is missed red.
pub(crate) fn markdown(table: &PaperTable, presentation: &Presentation, color: bool) -> String {
    let layout = Layout::of(table, presentation);
    let header: Vec<String> = layout.header.iter().map(|text| escape(text)).collect();
    let lines: Vec<Vec<(String, Verdict)>> = layout
        .lines
        .iter()
        .map(|line| line.iter().map(|Entry { text, verdict }| (escape(text), *verdict)).collect())
        .collect();
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let texts = lines.iter().map(|line| width(&line[column].0));
            texts.chain([width(name), 3]).max().unwrap_or_default()
        })
        .collect();
    let pad = |column: usize, text: &str| {
        let space = " ".repeat(widths[column].saturating_sub(width(text)));
        if column < layout.names { format!("{text}{space}") } else { format!("{space}{text}") }
    };

    let mut blocks = Vec::new();
    blocks.extend(presentation.title.as_ref().map(|title| format!("**{title}**\n")));
    let mut grid = line(header.iter().enumerate().map(|(column, text)| pad(column, text)));
    grid += &line(widths.iter().enumerate().map(|(column, width)| {
        let dashes = "-".repeat(width - 1);
        if column < layout.names { format!("-{dashes}") } else { format!("{dashes}:") }
    }));
    for entries in &lines {
        let entries = entries.iter().enumerate();
        grid += &line(entries.map(|(column, (text, verdict))| paint(&pad(column, text), *verdict, color)));
    }
    blocks.push(grid);
    if !layout.caption.is_empty() {
        blocks.push(format!("{}\n", layout.caption.join(" ")));
    }
    if !layout.footnotes.is_empty() {
        let numbered = layout.footnotes.iter().enumerate();
        blocks.push(numbered.map(|(index, note)| format!("- [{}] {note}\n", index + 1)).collect());
    }
    blocks.join("\n")
}

fn line(entries: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", entries.collect::<Vec<_>>().join(" | "))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn paint(text: &str, verdict: Verdict, color: bool) -> String {
    match verdict {
        Verdict::Held if color => format!("\x1b[32m{text}\x1b[0m"),
        Verdict::Missed if color => format!("\x1b[31m{text}\x1b[0m"),
        Verdict::Held | Verdict::Missed | Verdict::Open | Verdict::NotRun => text.to_owned(),
    }
}
