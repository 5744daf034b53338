use table::Label;

/// What one reader found in an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether there is a metastasis.
    pub metastasis: bool,
    /// Whether there is arthritis.
    pub arthritis: bool,
}

impl Reading {
    /// Returns the label that the image would have if this reader alone had read it.
    pub const fn label(self) -> Label {
        match (self.metastasis, self.arthritis) {
            (true, true) => Label::Both,
            (true, false) => Label::Metastatic,
            (false, true) => Label::Arthritic,
            (false, false) => Label::Normal,
        }
    }
}

/// Returns the label on which most readers agree; nothing if most find something and no majority agrees on what.
///
/// Most are two of the paper's three readers. It says that an image is positive if at least two see a lesion, and
/// not which disease it then has: here, each that at least two see.
pub fn vote(readings: &[Reading]) -> Option<Label> {
    let most = |finds: fn(&Reading) -> bool| {
        2 * readings.iter().filter(|reading| finds(reading)).count() > readings.len()
    };
    let abnormal = most(|reading| reading.metastasis || reading.arthritis);
    match (most(|reading| reading.metastasis), most(|reading| reading.arthritis)) {
        (true, true) => Some(Label::Both),
        (true, false) => Some(Label::Metastatic),
        (false, true) => Some(Label::Arthritic),
        (false, false) => (!abnormal).then_some(Label::Normal),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOTHING: Reading = Reading { metastasis: false, arthritis: false };
    const M: Reading = Reading { metastasis: true, arthritis: false };
    const A: Reading = Reading { metastasis: false, arthritis: true };
    const BOTH: Reading = Reading { metastasis: true, arthritis: true };

    #[test]
    fn two_of_three_decide() {
        assert_eq!(vote(&[NOTHING, NOTHING, M]), Some(Label::Normal));
        assert_eq!(vote(&[M, NOTHING, M]), Some(Label::Metastatic));
        assert_eq!(vote(&[A, A, NOTHING]), Some(Label::Arthritic));
        assert_eq!(vote(&[M, BOTH, A]), Some(Label::Both));
        assert_eq!(vote(&[M, BOTH, NOTHING]), Some(Label::Metastatic));
    }

    #[test]
    fn readers_who_see_different_diseases_decide_nothing() {
        assert_eq!(vote(&[M, A, NOTHING]), None);
    }

    #[test]
    fn of_two_readers_both_have_to_agree() {
        assert_eq!(vote(&[M, NOTHING]), Some(Label::Normal));
        assert_eq!(vote(&[M, M]), Some(Label::Metastatic));
        assert_eq!(vote(&[M, A]), None);
        assert_eq!(vote(&[BOTH]), Some(Label::Both));
    }

    proptest! {
        #[test]
        fn a_vote_does_not_depend_on_the_order_of_the_readers(
            readings in prop::collection::vec((any::<bool>(), any::<bool>()), 0..6),
        ) {
            let mut readings: Vec<Reading> =
                readings.into_iter().map(|(metastasis, arthritis)| Reading { metastasis, arthritis }).collect();
            let forward = vote(&readings);
            readings.reverse();
            prop_assert_eq!(vote(&readings), forward);
        }
    }
}
