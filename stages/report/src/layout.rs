use crate::presentation::Verdict;
use crate::{Cell, PaperTable, Presentation};

/// A table with more columns than this has its published values, ours and the differences below each other.
const COLUMNS_SIDE_BY_SIDE: usize = 2;

/// Marks a difference that is larger than the tolerance.
const MISSED: &str = " !";

/// A table as lines of text, for the formats that people read.
pub(crate) struct Layout {
    /// Names of the printed columns.
    pub(crate) header: Vec<String>,
    /// Printed columns that hold names, counted from the left; the others hold values.
    pub(crate) names: usize,
    /// The lines: `[lines][header.len()]`.
    pub(crate) lines: Vec<Vec<Entry>>,
    /// Sentences below the table.
    pub(crate) caption: Vec<String>,
    /// Remarks on cells, in the order of the numbers that refer to them (from 1).
    pub(crate) footnotes: Vec<String>,
}

/// What is printed in one place.
pub(crate) struct Entry {
    /// The text.
    pub(crate) text: String,
    /// How the claim fares whose difference it is.
    pub(crate) verdict: Verdict,
}

impl Entry {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), verdict: Verdict::Open }
    }
}

impl Layout {
    /// Lays a table out.
    pub(crate) fn of(table: &PaperTable, presentation: &Presentation) -> Self {
        let mut footnotes = Vec::new();
        let rows: Vec<Line> = table
            .rows
            .iter()
            .zip(table.cells.chunks(table.columns.len().max(1)))
            .map(|(row, cells)| Line::of(table, presentation, row, cells, &mut footnotes))
            .collect();
        let head = presentation.label(&table.head).to_owned();
        let columns = table.columns.iter().map(|column| presentation.label(column));
        let (header, names, lines) = if table.columns.len() <= COLUMNS_SIDE_BY_SIDE {
            let parts = columns.flat_map(|column| {
                ["published", "ours", "interval", "difference"].map(|part| format!("{column} {part}"))
            });
            let header = [head].into_iter().chain(parts).collect();
            (header, 1, rows.into_iter().map(Line::side_by_side).collect())
        } else if table.stands_alone() {
            let header = [head].into_iter().chain(columns.map(str::to_owned)).collect();
            (header, 1, rows.into_iter().map(Line::alone).collect())
        } else {
            let header = [head, String::new()].into_iter().chain(columns.map(str::to_owned)).collect();
            (header, 2, rows.into_iter().flat_map(Line::below_each_other).collect())
        };
        let mut layout = Self { header, names, lines, caption: caption(table, presentation), footnotes };
        layout.drop_empty_columns();
        layout
    }

    /// Drops the columns of values that are empty in every line: those of differences where nothing is claimed, say.
    fn drop_empty_columns(&mut self) {
        let full = |column: usize| self.lines.iter().any(|line| !line[column].text.is_empty());
        let kept: Vec<bool> = (0..self.header.len())
            .map(|column| column < self.names || self.lines.is_empty() || full(column))
            .collect();
        let keep = |column: &mut usize| {
            *column += 1;
            kept[*column - 1]
        };
        let mut column = 0;
        self.header.retain(|_| keep(&mut column));
        for line in &mut self.lines {
            let mut column = 0;
            line.retain(|_| keep(&mut column));
        }
    }
}

/// The entries of one row of a table.
struct Line {
    label: String,
    published: Vec<Entry>,
    ours: Vec<Entry>,
    interval: Vec<Entry>,
    difference: Vec<Entry>,
}

impl Line {
    fn of(
        table: &PaperTable,
        presentation: &Presentation,
        row: &str,
        cells: &[Cell],
        footnotes: &mut Vec<String>,
    ) -> Self {
        let label = presentation.label(row).to_owned();
        let mut line = Self {
            label,
            published: Vec::new(),
            ours: Vec::new(),
            interval: Vec::new(),
            difference: Vec::new(),
        };
        for (column, cell) in table.columns.iter().zip(cells) {
            let mut published = cell.published_text.clone();
            for note in presentation.notes(row, column, cell) {
                footnotes.push(format!("{}, {}: {note}", line.label, presentation.label(column)));
                let space = if published.is_empty() { "" } else { " " };
                published += &format!("{space}[{}]", footnotes.len());
            }
            let verdict = presentation.verdict(row, cell);
            let mark = if verdict == Verdict::Missed { MISSED } else { "" };
            line.published.push(Entry::plain(published));
            line.ours.push(Entry::plain(&cell.ours_text));
            line.interval.push(Entry::plain(&cell.interval_text));
            line.difference.push(Entry { text: format!("{}{mark}", cell.difference_text), verdict });
        }
        line
    }

    fn side_by_side(self) -> Vec<Entry> {
        let ours = self.ours.into_iter().zip(self.interval);
        let entries = self.published.into_iter().zip(ours).zip(self.difference);
        let entries = entries
            .flat_map(|((published, (ours, interval)), difference)| [published, ours, interval, difference]);
        [Entry::plain(self.label)].into_iter().chain(entries).collect()
    }

    /// Returns the line of a table that holds nothing but our values; what stands in place of published ones are the
    /// numbers of remarks.
    fn alone(self) -> Vec<Entry> {
        let entries = self.ours.into_iter().zip(self.published);
        let entries =
            entries.map(|(ours, remarks)| Entry::plain(format!("{} {}", ours.text, remarks.text).trim_end()));
        [Entry::plain(self.label)].into_iter().chain(entries).collect()
    }

    /// Returns the lines of published values and of ours, and those of intervals and of differences if there are any.
    fn below_each_other(self) -> Vec<Vec<Entry>> {
        let line = |label: &str, part: &str, entries: Vec<Entry>| {
            [Entry::plain(label), Entry::plain(part)].into_iter().chain(entries).collect()
        };
        let mut lines = vec![line(&self.label, "published", self.published), line("", "ours", self.ours)];
        for (part, entries) in [("interval", self.interval), ("difference", self.difference)] {
            if entries.iter().any(|entry| !entry.text.is_empty()) {
                lines.push(line("", part, entries));
            }
        }
        lines
    }
}

/// Returns the sentences below a table: how our numbers came about, in what their networks are smaller, and how the
/// claims fare.
fn caption(table: &PaperTable, presentation: &Presentation) -> Vec<String> {
    let mut sentences = table.caption.clone();
    if !table.scalings.is_empty() {
        let scalings = table.scalings.iter().map(|scaling| {
            let rows: Vec<&str> = scaling.rows.iter().map(|row| presentation.label(row)).collect();
            if scaling.rows == table.rows {
                scaling.text.clone()
            } else {
                format!("{} ({})", scaling.text, rows.join(", "))
            }
        });
        sentences.push(format!("Ours are scaled networks: {}.", scalings.collect::<Vec<_>>().join("; ")));
    }
    if let Some(tolerance) = &presentation.tolerance {
        let verdicts = || table.named_cells().map(|(row, _, cell)| presentation.verdict(row, cell));
        let held = verdicts().filter(|verdict| *verdict == Verdict::Held).count();
        let judged = verdicts().filter(|verdict| matches!(verdict, Verdict::Held | Verdict::Missed)).count();
        let mut sentence = format!("{}: {held} of {judged}", tolerance.meaning());
        if held < judged {
            sentence += &format!("; the others are marked{MISSED}");
        }
        sentences.push(sentence + ".");
    }
    sentences
}
