use crate::layout::Layout;
use crate::{PaperTable, Presentation};

/// Returns a table in LaTeX; it needs the package booktabs.
pub(crate) fn latex(table: &PaperTable, presentation: &Presentation) -> String {
    let layout = Layout::of(table, presentation);
    let columns: String =
        (0..layout.header.len()).map(|column| if column < layout.names { 'l' } else { 'r' }).collect();
    let title = presentation.title.iter().map(|title| format!("{}.", title.trim_end_matches('.')));
    let caption: Vec<String> = title.chain(layout.caption).map(|text| escape(&text)).collect();
    let line = |texts: Vec<String>| format!("    {} \\\\\n", texts.join(" & "));

    let mut text = "\\begin{table}\n  \\centering\n".to_owned();
    if !caption.is_empty() {
        text += &format!("  \\caption{{{}}}\n", caption.join(" "));
    }
    text += &format!("  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n");
    text += &line(layout.header.iter().map(|name| escape(name)).collect());
    text += "    \\midrule\n";
    for entries in &layout.lines {
        text += &line(entries.iter().map(|entry| escape(&entry.text)).collect());
    }
    text += "    \\bottomrule\n  \\end{tabular}\n";
    for (index, note) in layout.footnotes.iter().enumerate() {
        text += &format!("  \\par\\footnotesize [{}] {}\n", index + 1, escape(note));
    }
    text + "\\end{table}\n"
}

/// Returns text as LaTeX source; a sign before a number becomes that of mathematics.
fn escape(text: &str) -> String {
    let mut source = String::with_capacity(text.len());
    for (position, letter) in text.char_indices() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => source.extend(['\\', letter]),
            '~' => source += "\\textasciitilde{}",
            '^' => source += "\\textasciicircum{}",
            '\\' => source += "\\textbackslash{}",
            '<' => source += "\\textless{}",
            '>' => source += "\\textgreater{}",
            '±' => source += "$\\pm$",
            '+' | '-' if position == 0 => source += &format!("${letter}$"),
            '\n' | '\r' => source.push(' '),
            _ => source.push(letter),
        }
    }
    source
}
