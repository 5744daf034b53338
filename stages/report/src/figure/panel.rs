use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::confusion::Confusions;
use super::curves::Curves;
use super::gallery::{BothDiseases, Mistake};
use super::material::Material;
use super::maxima::Maxima;
use super::metrics::Metrics;
use super::patients::Patients;
use super::plot::Plot;
use super::reliability::Reliabilities;
use super::roc::Roc;
use super::sites::Sites;

/// A part of a figure: what it shows, and of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "show", rename_all = "kebab-case")]
pub enum Panel {
    /// Patients by sex and age.
    Patients(Patients),
    /// Lesions of a disease by site.
    Sites(Sites),
    /// The largest count of each image.
    Maxima(Maxima),
    /// Loss or accuracy over epochs.
    Curves(Curves),
    /// ROC curves of the classes and their averages.
    Roc(Roc),
    /// How often what is said with about one probability is true.
    Reliability(Reliabilities),
    /// Metrics of classes or of networks.
    Metrics(Metrics),
    /// Confusion matrices.
    Confusion(Confusions),
    /// An image that was taken for another class, with its lesions.
    Mistake(Mistake),
    /// Images with both diseases, with what they were taken for.
    Both(BothDiseases),
}

impl Panel {
    /// Returns its name in a manifest.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Patients(_) => "patients",
            Self::Sites(_) => "sites",
            Self::Maxima(_) => "maxima",
            Self::Curves(_) => "curves",
            Self::Roc(_) => "roc",
            Self::Reliability(_) => "reliability",
            Self::Metrics(_) => "metrics",
            Self::Confusion(_) => "confusion",
            Self::Mistake(_) => "mistake",
            Self::Both(_) => "both",
        }
    }

    /// Returns the ports that it reads.
    pub(super) const fn reads(&self) -> &'static [&'static str] {
        match self {
            Self::Patients(_) | Self::Maxima(_) => &["images"],
            Self::Sites(_) => &["lesions"],
            Self::Curves(_) => &["curves"],
            Self::Roc(_) | Self::Confusion(_) => &["predictions"],
            Self::Reliability(_) => &["reliability"],
            Self::Metrics(_) => &["metrics"],
            Self::Mistake(_) | Self::Both(_) => &["predictions", "images", "lesions"],
        }
    }

    /// Checks what no single parameter's type can say.
    pub(super) fn check(&self) -> Result<(), Issue> {
        match self {
            Self::Metrics(metrics) => metrics.check(),
            Self::Patients(patients) => patients.check(),
            Self::Mistake(mistake) => mistake.check(),
            _ => Ok(()),
        }
    }

    /// Returns what it draws: one plot, or several of one sort.
    pub(super) fn plots(&self, material: &Material<'_>) -> Result<Vec<Plot>, Issue> {
        match self {
            Self::Patients(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Sites(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Maxima(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Curves(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Roc(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Reliability(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Metrics(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Confusion(panel) => panel.plots(material),
            Self::Mistake(panel) => panel.plot(material).map(|plot| vec![plot]),
            Self::Both(panel) => panel.plots(material),
        }
    }
}
