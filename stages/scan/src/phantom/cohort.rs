use contract::Seed;
use table::Label;

use crate::order::shuffled;

/// What is fixed of a patient before anything is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Number, from 1.
    pub number: u32,
    /// What both images show.
    pub label: Label,
    /// Sex.
    pub sex: Sex,
}

/// Sex, as far as it is in the paper's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// The paper's 384 patients by what their images show.
const LABELS: [(Label, u32); 4] =
    [(Label::Normal, 167), (Label::Metastatic, 87), (Label::Arthritic, 126), (Label::Both, 4)];
/// The paper's 384 patients by sex.
const SEXES: [(Sex, u32); 2] = [(Sex::Female, 181), (Sex::Male, 203)];

/// Returns the given number of patients, in the paper's proportions and a random order; at least one of each label.
pub fn cohort(patients: u32, seed: Seed) -> Vec<Enrolled> {
    let labels = dealt(&LABELS, patients, seed.fork("labels"));
    let sexes = dealt(&SEXES, patients, seed.fork("sexes"));
    let enrolled = |((label, sex), number)| Enrolled { number, label, sex };
    labels.into_iter().zip(sexes).zip(1..).map(enrolled).collect()
}

/// Returns how often each of `weights` occurs among `total` by the method of the largest remainder, but at least
/// once if `total` allows.
fn shares(weights: &[u32], total: u32) -> Vec<u32> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let parts: Vec<u64> = weights.iter().map(|weight| u64::from(*weight) * u64::from(total)).collect();
    let whole = |part: &u64| u32::try_from(part / sum).expect("a share is at most the total");
    let mut shares: Vec<u32> = parts.iter().map(whole).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(parts[*index] % sum));
    let left = total.saturating_sub(shares.iter().sum()) as usize;
    by_remainder.into_iter().take(left).for_each(|index| shares[index] += 1);
    while let (Some(none), Some(most)) = (shares.iter().position(|share| *share == 0), largest(&shares)) {
        shares[most] -= 1;
        shares[none] += 1;
    }
    shares
}

/// Returns the position of the largest share if it can spare one.
fn largest(shares: &[u32]) -> Option<usize> {
    (0..shares.len()).max_by_key(|index| shares[*index]).filter(|index| shares[*index] > 1)
}

fn dealt<T: Copy>(weights: &[(T, u32)], total: u32, seed: Seed) -> Vec<T> {
    let shares = shares(&weights.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), total);
    let values = weights.iter().zip(shares);
    let values =
        values.flat_map(|((value, _), share)| std::iter::repeat_n(*value, share as usize)).zip(0_u32..);
    shuffled(values, seed, |(_, place)| place.to_string()).into_iter().map(|(value, _)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(patients: u32) -> [usize; 4] {
        let cohort = cohort(patients, Seed(1));
        assert_eq!(cohort.len(), patients as usize);
        LABELS.map(|(label, _)| cohort.iter().filter(|patient| patient.label == label).count())
    }

    #[test]
    fn the_paper_has_384_patients() {
        assert_eq!(counts(384), [167, 87, 126, 4]);
        let women = cohort(384, Seed(1)).iter().filter(|patient| patient.sex == Sex::Female).count();
        assert_eq!(women, 181);
    }

    #[test]
    fn no_label_is_left_out_however_few_patients_there_are() {
        for patients in 4..=50 {
            assert!(counts(patients).iter().all(|count| *count > 0), "{patients}");
        }
        assert_eq!(counts(4), [1, 1, 1, 1]);
        assert_eq!(counts(12), [4, 3, 4, 1]);
    }

    #[test]
    fn the_order_depends_on_the_seed() {
        assert_eq!(cohort(20, Seed(1)), cohort(20, Seed(1)));
        assert_ne!(cohort(20, Seed(1)), cohort(20, Seed(2)));
    }
}
