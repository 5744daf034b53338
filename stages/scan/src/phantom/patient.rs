use contract::Seed;
use table::Label;

use super::cohort::{Enrolled, Sex};
use super::difficulty::Difficulty;
use super::draws::Draws;

/// All that is drawn once for a patient, but for lesions.
#[derive(Clone, Debug)]
pub struct Patient {
    /// Age.
    pub age_years: u32,
    /// Size and shape.
    pub build: Build,
    /// How the patient lies.
    pub pose: Pose,
    /// Where the tracer goes.
    pub tracer: Tracer,
}

/// Size and shape, relative to the reference body.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// From head to foot.
    pub length: f64,
    /// Across the shoulders.
    pub shoulders: f64,
    /// Across the hips.
    pub hips: f64,
    /// From front to back.
    pub depth: f64,
    /// Of soft tissue, beyond that of the bones.
    pub girth: f64,
}

/// How a patient lies. Angles in radians; of arms and legs, left and right, to the outside.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// The crown's distance from the first row, in millimeters.
    pub crown_mm: f64,
    /// The body's distance to the left of the middle, in millimeters.
    pub left_mm: f64,
    /// Turn of the whole body.
    pub tilt: f64,
    /// Turn of the head to the left.
    pub gaze: f64,
    /// Arms.
    pub arms: [f64; 2],
    /// Legs.
    pub legs: [f64; 2],
    /// Sideways bow of the spine, in millimeters.
    pub scoliosis_mm: f64,
}

/// Where the tracer goes. Uptakes per volume, in that of soft tissue.
#[derive(Clone, Copy, Debug)]
pub struct Tracer {
    /// Expected counts in a view, on average over both.
    pub counts: f64,
    /// Uptake of all bones, relative to the reference.
    pub bone: f64,
    /// Uptake of the skull, relative to that of all bones.
    pub skull: f64,
    /// Uptake of the left and the right kidney.
    pub kidneys: [f64; 2],
    /// Half axis of the bladder, in millimeters.
    pub bladder_mm: f64,
    /// Uptake of the bladder.
    pub bladder: f64,
}

impl Patient {
    /// Draws a patient.
    pub fn draw(enrolled: Enrolled, difficulty: Difficulty, seed: Seed) -> Self {
        let age_years = age(enrolled.label, &mut Draws::new(seed, "age"));
        Self {
            age_years,
            build: Build::draw(enrolled.sex, &mut Draws::new(seed, "build")),
            pose: Pose::draw(difficulty, &mut Draws::new(seed, "pose")),
            tracer: Tracer::draw(difficulty, &mut Draws::new(seed, "tracer")),
        }
    }
}

fn age(label: Label, draws: &mut Draws) -> u32 {
    let (mean, deviation) = match label {
        Label::Normal => (53.0, 13.0),
        Label::Metastatic => (60.0, 11.0),
        Label::Arthritic => (62.0, 10.0),
        Label::Both => (66.0, 8.0),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "18 to 92")]
    let years = draws.normal(mean, deviation).clamp(18.0, 92.0) as u32;
    years
}

impl Build {
    fn draw(sex: Sex, draws: &mut Draws) -> Self {
        const REFERENCE_STATURE_MM: f64 = 1650.0;
        let (stature, shoulders, hips) = match sex {
            Sex::Female => (draws.normal(1580.0, 45.0).max(1520.0), 0.94, 1.01),
            Sex::Male => (draws.normal(1690.0, 55.0), 1.03, 0.98),
        };
        let breadth = draws.normal(1.0, 0.035);
        Self {
            length: stature / REFERENCE_STATURE_MM,
            shoulders: shoulders * breadth,
            hips: hips * breadth,
            depth: draws.normal(1.0, 0.05),
            girth: draws.normal(1.02, 0.06),
        }
    }
}

impl Pose {
    fn draw(difficulty: Difficulty, draws: &mut Draws) -> Self {
        let mut both =
            |mean: f64, deviation: f64| [(); 2].map(|()| draws.normal(mean, deviation).to_radians());
        let (arms, legs) = (both(0.5, 1.6), both(0.0, 1.3));
        Self {
            crown_mm: draws.uniform(120.0, 260.0),
            left_mm: draws.normal(0.0, 8.0),
            tilt: draws.normal(0.0, 0.7).to_radians(),
            gaze: draws.normal(0.0, 9.0).to_radians(),
            arms,
            legs,
            scoliosis_mm: draws.normal(0.0, 6.0) * difficulty.variants(),
        }
    }
}

impl Tracer {
    fn draw(difficulty: Difficulty, draws: &mut Draws) -> Self {
        let variants = difficulty.variants();
        let kidney = draws.log_normal(2.8, 0.25);
        let bladder_mm = draws.uniform(24.0, 38.0);
        Self {
            counts: draws.log_normal(2.2e6, 0.25).clamp(1.2e6, 3.6e6),
            bone: draws.log_normal(1.0, 0.15),
            skull: draws.log_normal(1.0, 0.12),
            kidneys: [(); 2].map(|()| draws.log_normal(kidney, 0.25 * variants)),
            bladder_mm,
            // A bladder that was just emptied holds little, but what enters it is the most active.
            bladder: draws.log_normal(18.0, 0.2) * (30.0 / bladder_mm).sqrt(),
        }
    }
}
