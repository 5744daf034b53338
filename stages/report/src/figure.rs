//! Figures: what is to be drawn is a table of marks, and the drawing is made from that table alone.
//!
//! A figure is a list of [`Panel`]s, as a network is a list of layers. Each reads tables and answers with plots: a
//! [`Frame`](frame::Frame) with its axes, and the [`Mark`](table::Mark)s in it. All of them are written to one
//! Parquet file, frames and caption in its metadata; `draw` reads that file and nothing else.

mod axis;
mod caption;
mod confusion;
mod curves;
mod draw;
mod frame;
mod gallery;
mod material;
mod maxima;
mod metrics;
mod page;
mod panel;
mod patients;
mod picture;
mod plot;
mod reliability;
mod roc;
mod sites;

use std::collections::BTreeMap;
use std::fs;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use material::Material;
use page::Page;
use panel::Panel;

/// A figure of the paper, as a drawing (SVG) and as the table of what is drawn in it.
///
/// All parameters are in the key, the title and the labels too: they are drawn, and a drawing takes no time.
///
/// VERSION 4: where nobody made a mistake, another is shown; no macro ROC curve where a class is absent. 3: a patient
/// has the sex and the age of the first scan that tells it. 2: lesions that one reader alone marked are not outlined;
/// pictures are packed as elsewhere.
///
/// # Source
/// Figs. 1, 2, 4 and 8 to 13.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Figure {
    /// Heading, and the name that a browser shows.
    pub title: String,
    /// Panels, from the left to the right and then down.
    pub panels: Vec<Panel>,
    /// Panels side by side.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 6))]
    pub columns: u32,
    /// Printed names of networks, classes, metrics and sites.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Remarks below the drawing.
    #[serde(default)]
    pub notes: Vec<String>,
}

const fn one() -> u32 {
    1
}

impl Stage for Figure {
    const KIND: &'static str = "figure";
    const VERSION: u32 = 4;
    const DOC: &'static str =
        "Draws a figure of the paper: panels from tables, as SVG and as the table of its marks.";
    const INPUTS: &'static [Input] = &[
        Input::optional("images", "images", "For patients, maxima and single images: the scans."),
        Input::optional("lesions", "lesions", "For sites and single images: what readers marked."),
        Input::any("curves", "curves", "For curves: loss and accuracy of each run."),
        Input::any(
            "predictions",
            "predictions",
            "For roc, confusion and single images: answers of each run.",
        ),
        Input::any("metrics", "metrics", "For metrics: those of each run."),
        Input::any(
            "reliability",
            "reliability",
            "For reliability: the curves of each run, from `calibration`.",
        ),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output::new("figure", "figure.svg", "svg", "The drawing."),
        Output::new("marks", "marks.parquet", "marks", "All that is drawn, in the units of the axes."),
    ];

    fn check(&self) -> Result<(), Issue> {
        if self.panels.is_empty() {
            return Err(Issue::new("`panels` is empty").help("name at least one, such as { show = \"roc\" }"));
        }
        if !(1..=6).contains(&self.columns) {
            return Err(
                Issue::new(format!("`columns` is {}", self.columns)).help("1 to 6 panels fit side by side")
            );
        }
        self.panels.iter().try_for_each(Panel::check)
    }

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        for panel in &self.panels {
            let missing =
                panel.reads().iter().find(|port| known.inputs.get(**port).is_none_or(Vec::is_empty));
            if let Some(port) = missing {
                return Err(unwired(panel, port));
            }
        }
        Ok(Forecast::default())
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let material = Material::new(ctx, &self.labels);
        let mut plots = Vec::new();
        for panel in &self.panels {
            if let Some(port) = panel.reads().iter().find(|port| ctx.gathered(port).is_empty()) {
                return Err(unwired(panel, port));
            }
            plots.extend(panel.plots(&material)?);
        }
        let sentences = material.caption()?.into_iter().chain(self.notes.iter().cloned()).collect();
        let (page, marks) = Page::of(&self.title, self.columns, plots, sentences);
        page.write(ctx.output("marks")?, &marks)?;
        let (page, marks) = Page::read(ctx.output("marks")?)?;
        let file = ctx.output("figure")?;
        fs::write(file, draw::svg(&page, &marks))
            .map_err(|error| Issue::new(format!("cannot be written: {error}")).file(file))
    }
}

fn unwired(panel: &Panel, port: &str) -> Issue {
    Issue::new(format!("the panel `{}` is drawn from the input `{port}`, which is not wired", panel.name()))
        .help(format!("wire it: inputs.{port} = …"))
}
