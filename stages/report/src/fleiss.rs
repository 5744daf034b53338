/// How far readers agree on the categories of images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Agreement {
    /// Share of the pairs of readers that agree, the mean over images.
    pub(crate) observed: f64,
    /// The same for readers who draw lots, each category as often as it is chosen.
    pub(crate) expected: f64,
}

impl Agreement {
    /// Returns the agreement of at least two readers on at least one image.
    ///
    /// # Shapes
    /// `counts`: how many readers chose each category, `[images, categories]`; every image has as many readers.
    pub(crate) fn of<const CATEGORIES: usize>(counts: &[[u32; CATEGORIES]]) -> Option<Self> {
        let readers = f64::from(counts.first()?.iter().sum::<u32>());
        if readers < 2.0 {
            return None;
        }
        let squares =
            |image: &[u32; CATEGORIES]| image.iter().map(|count| f64::from(*count).powi(2)).sum::<f64>();
        let pairs: f64 =
            counts.iter().map(|image| (squares(image) - readers) / (readers * (readers - 1.0))).sum();
        #[expect(clippy::cast_precision_loss, reason = "images stay far below 2^53")]
        let images = counts.len() as f64;
        let share = |category: usize| {
            counts.iter().map(|image| f64::from(image[category])).sum::<f64>() / (images * readers)
        };
        Some(Self {
            observed: pairs / images,
            expected: (0..CATEGORIES).map(|category| share(category).powi(2)).sum(),
        })
    }

    /// Returns Fleiss' kappa: 1 for perfect agreement, 0 for that of chance; none if all chose one category.
    ///
    /// # Source
    /// Fleiss, Psychological Bulletin 76 (1971) 378, eq. 7.
    pub(crate) fn kappa(self) -> Option<f64> {
        (self.expected < 1.0).then(|| (self.observed - self.expected) / (1.0 - self.expected))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn readers_who_always_agree_have_a_kappa_of_one_and_one_reader_has_none() {
        let kappa = |counts: &[[u32; 2]]| Agreement::of(counts).and_then(Agreement::kappa);
        assert_eq!(kappa(&[[3, 0], [0, 3]]), Some(1.0));
        assert_eq!(kappa(&[[2, 0], [2, 0]]), None);
        assert_eq!(kappa(&[[1, 0], [0, 1]]), None);
        assert_eq!(kappa(&[]), None);
        assert_eq!(kappa(&[[1, 1], [1, 1]]), Some(-1.0));
    }

    proptest! {
        #[test]
        fn neither_the_order_of_images_nor_that_of_categories_matters(
            images in prop::collection::vec((0_u32..=4, 0_u32..=4), 1..20),
        ) {
            let counts: Vec<[u32; 3]> =
                images.into_iter().map(|(a, b)| [a, b.min(4 - a), 4 - a - b.min(4 - a)]).collect();
            let turned: Vec<[u32; 3]> = counts.iter().rev().map(|[a, b, c]| [*c, *a, *b]).collect();
            let kappa = |counts| Agreement::of(counts).and_then(Agreement::kappa);
            let (one, other) = (kappa(&counts), kappa(&turned));
            prop_assert_eq!(one.is_some(), other.is_some());
            prop_assert!(one.zip(other).is_none_or(|(one, other)| (one - other).abs() < 1e-12 && one <= 1.0 + 1e-12));
        }
    }
}
