/// How hard the task is: 0 is plain, 1 is as realistic as the phantom gets, beyond is harder.
///
/// It changes three things that are physical: by how much lesions stand out, how much normal patients vary, and how
/// often arthritis lies at the height of metastases.
/// Neither is fitted to any published result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difficulty(pub f64);

impl Difficulty {
    /// Returns by what the excess uptake of lesions is multiplied: 6 at 0, 1 at 1, then towards 0.
    pub fn contrast(self) -> f64 {
        6.0 / (1.0 + 5.0 * self.0)
    }

    /// Returns by what the share of joints above the knee in arthritis is multiplied: 0 at 0, 1 from 1 on.
    pub fn overlap(self) -> f64 {
        self.0.min(1.0)
    }

    /// Returns by what normal variants are multiplied: 0 at 0, 1 at 1, then towards 2.
    pub fn variants(self) -> f64 {
        2.0 - 2.0 / (1.0 + self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_leaves_lesions_and_variants_as_they_are() {
        assert!((Difficulty(1.0).contrast() - 1.0).abs() < 1e-12);
        assert!((Difficulty(1.0).variants() - 1.0).abs() < 1e-12);
        assert!((Difficulty(1.0).overlap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_harder_task_has_fainter_lesions_and_more_variants_without_bounds_being_left() {
        let steps = [0.0, 0.5, 1.0, 2.0, 1e6, f64::MAX].map(Difficulty);
        for pair in steps.windows(2) {
            assert!(pair[0].contrast() > pair[1].contrast() && pair[0].variants() <= pair[1].variants());
        }
        assert!(steps.iter().all(|step| (0.0..=6.0).contains(&step.contrast()) && step.variants() <= 2.0));
    }
}
