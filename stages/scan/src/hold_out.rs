use std::collections::BTreeMap;

use contract::{Ctx, Forecast, Input, Issue, Known, Output, Seed, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use table::{ImageReader, Label, Metadata, Patient};

use crate::fraction::Fraction;
use crate::order::shuffled;
use crate::protocol::Protocol;

/// Chooses the patients whom nothing may be trained on, before anything is made of their images.
///
/// Under `clean`, `fraction` of the patients of each label, rounded, at least one and never all; a label with a
/// single patient keeps them for training, so that no class is trained on nothing. Under `paper` nobody is held out,
/// and the table does not depend on the seed.
///
/// The label of a patient is that of their images, and the union if these differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HoldOut {
    /// Whether anybody is held out.
    pub protocol: Protocol,
    /// Share of the patients of each label.
    pub fraction: Fraction,
    /// Origin of all randomness.
    pub seed: Seed,
}

impl Stage for HoldOut {
    const KIND: &'static str = "hold-out";
    const VERSION: u32 = 1;
    const DOC: &'static str = "Chooses the patients whom nothing may be trained on.";
    const INPUTS: &'static [Input] = &[Input::one("images", "images", "Images of all patients.")];
    const OUTPUTS: &'static [Output] =
        &[Output::new("patients", "patients.parquet", "patients", "Every patient, held out or not.")];

    fn forecast(&self, known: &Known) -> Result<Forecast, Issue> {
        let images = known.number("images", "images");
        let outputs = [("patients", json!({ "images": images }))].into();
        Ok(Forecast { outputs, ..Forecast::default() })
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<(), Issue> {
        let mut patients: BTreeMap<String, Label> = BTreeMap::new();
        for image in ImageReader::open_without_pixels(ctx.input("images")?)? {
            let image = image?;
            let label = patients.entry(image.patient_id).or_insert(image.label);
            *label = union(*label, image.label);
        }
        let held_out = match self.protocol {
            Protocol::Paper => Vec::new(),
            Protocol::Clean => self.held_out(&patients),
        };
        let row = |patient_id: String| Patient { held_out: held_out.contains(&patient_id), patient_id };
        let rows: Vec<Patient> = patients.into_keys().map(row).collect();
        Ok(table::write(ctx.output("patients")?, &rows, &Metadata::new())?)
    }
}

impl HoldOut {
    fn held_out(&self, patients: &BTreeMap<String, Label>) -> Vec<String> {
        let held_out = |label: &Label| {
            let peers =
                patients.iter().filter(|(_, other)| *other == label).map(|(patient, _)| patient.clone());
            let mut peers = shuffled(peers, self.seed, Clone::clone);
            peers.truncate(self.share(peers.len()));
            peers
        };
        Label::ALL.iter().flat_map(held_out).collect()
    }

    /// Returns how many of `peers` patients of one label are held out.
    fn share(&self, peers: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is less than `peers`"
        )]
        let rounded = self.fraction.of(peers).round() as usize;
        if peers < 2 { 0 } else { rounded.clamp(1, peers - 1) }
    }
}

/// Returns the label of a patient with images of both labels.
fn union(one: Label, other: Label) -> Label {
    match (one, other) {
        (Label::Normal, label) | (label, Label::Normal) => label,
        (one, other) if one == other => one,
        _ => Label::Both,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use table::{Image, View};

    use super::*;
    use crate::trial::{Trial, image};

    fn hold_out(protocol: Protocol, seed: u64) -> HoldOut {
        HoldOut { protocol, fraction: Fraction::try_from(0.3).unwrap(), seed: Seed(seed) }
    }

    /// Both views of some patients with each label.
    fn images(counts: [usize; 4]) -> Vec<Image> {
        let patients = Label::ALL
            .iter()
            .zip(counts)
            .flat_map(|(label, count)| (0..count).map(move |number| (label, number)));
        let views = |(label, number): (&'static Label, usize)| {
            View::ALL.iter().map(move |view| {
                let patient = format!("{label}{number}");
                Image { view: *view, ..image(&format!("{patient}-{view}"), &patient, *label) }
            })
        };
        patients.flat_map(views).collect()
    }

    fn patients(stage: &HoldOut, images: Vec<Image>) -> Vec<Patient> {
        let trial = Trial::new().images("images", images);
        trial.run(stage).unwrap();
        trial.read_rows("patients")
    }

    fn held_out(patients: &[Patient], label: &str) -> usize {
        patients.iter().filter(|patient| patient.held_out && patient.patient_id.starts_with(label)).count()
    }

    #[test]
    fn three_in_ten_patients_of_each_label_are_held_out() {
        let patients = patients(&hold_out(Protocol::Clean, 1), images([167, 87, 126, 4]));
        assert_eq!(patients.len(), 384);
        assert_eq!(
            Label::ALL.iter().map(|label| held_out(&patients, label.as_str())).collect::<Vec<_>>(),
            [50, 26, 38, 1]
        );
    }

    #[test]
    fn a_label_with_one_patient_is_trained_on_and_one_with_two_is_tested() {
        let patients = patients(&hold_out(Protocol::Clean, 1), images([2, 2, 2, 1]));
        assert_eq!(
            Label::ALL.iter().map(|label| held_out(&patients, label.as_str())).collect::<Vec<_>>(),
            [1, 1, 1, 0]
        );
    }

    #[test]
    fn under_the_paper_s_protocol_nobody_is_held_out_whatever_the_seed() {
        let bytes = |seed| {
            let trial = Trial::new().images("images", images([2, 2, 2, 1]));
            trial.run(&hold_out(Protocol::Paper, seed)).unwrap();
            assert!(trial.read_rows::<Patient>("patients").iter().all(|patient| !patient.held_out));
            trial.bytes("patients")
        };
        assert_eq!(bytes(1), bytes(2));
    }

    #[test]
    fn a_patient_with_two_findings_in_two_views_has_both() {
        assert_eq!(union(Label::Normal, Label::Arthritic), Label::Arthritic);
        assert_eq!(union(Label::Metastatic, Label::Arthritic), Label::Both);
        assert_eq!(union(Label::Metastatic, Label::Metastatic), Label::Metastatic);
    }

    #[test]
    fn its_bytes_change_only_with_its_version() {
        let trial = Trial::new().images("images", images([2, 2, 2, 1]));
        trial.run(&hold_out(Protocol::Clean, 1)).unwrap();
        assert_eq!(trial.pin::<HoldOut>(), "hold-out 1: patients=c3bb99263d0c");
    }

    proptest! {
        #[test]
        fn neither_nobody_nor_everybody_of_a_label_is_held_out(
            fraction in 0.001_f64..0.999,
            peers in 2_usize..500,
        ) {
            let stage = HoldOut { fraction: Fraction::try_from(fraction).unwrap(), ..hold_out(Protocol::Clean, 1) };
            prop_assert!((1..peers).contains(&stage.share(peers)));
        }

        #[test]
        fn who_is_held_out_does_not_depend_on_the_order_of_the_images(seed in any::<u64>()) {
            let labels: BTreeMap<String, Label> = (0..20).map(|number| (format!("p{number}"), Label::Normal)).collect();
            let stage = hold_out(Protocol::Clean, seed);
            let fewer: BTreeMap<String, Label> = labels.clone().into_iter().take(10).collect();
            let all: BTreeSet<String> = stage.held_out(&labels).into_iter().collect();
            prop_assert_eq!(all.len(), 6);
            prop_assert_eq!(stage.held_out(&fewer).len(), 3);
        }
    }
}
