use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Label;

/// How many images of each class an augmented data set has, originals included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counts {
    /// Metastatic images.
    pub metastatic: u32,
    /// Arthritic images.
    pub arthritic: u32,
    /// Images that are both.
    pub both: u32,
}

/// Images of the paper's 384 patients.
const PAPER_IMAGES: NonZeroU32 = NonZeroU32::new(768).unwrap();
/// Normal images among them.
const PAPER_NORMAL: usize = 334;

impl Counts {
    /// Images of the paper's 384 patients, which the counts of Tables 1 and 2 refer to.
    pub const PAPER_IMAGES: NonZeroU32 = PAPER_IMAGES;

    /// Returns [`Counts::PAPER_IMAGES`], for a parameter that is left out.
    pub const fn paper_images() -> NonZeroU32 {
        Self::PAPER_IMAGES
    }

    /// Returns how many images of a class there are to be when there are `images` originals in all, where the counts
    /// refer to `of` originals; nothing for normal images, which are not augmented.
    pub fn target(&self, label: Label, images: usize, of: NonZeroU32) -> Option<usize> {
        let count = match label {
            Label::Normal => return None,
            Label::Metastatic => self.metastatic,
            Label::Arthritic => self.arthritic,
            Label::Both => self.both,
        };
        let of = of.get() as usize;
        Some((count as usize).saturating_mul(images).saturating_add(of / 2) / of)
    }

    /// Returns about how many images that makes, if the share of normal images is the paper's.
    pub fn total(&self, images: usize, of: NonZeroU32) -> usize {
        let abnormal: usize = Label::ALL.iter().filter_map(|label| self.target(*label, images, of)).sum();
        images * PAPER_NORMAL / Self::PAPER_IMAGES.get() as usize + abnormal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D_2: Counts = Counts { metastatic: 520, arthritic: 568, both: 80 };

    #[test]
    fn counts_are_in_proportion_to_the_originals() {
        let target = |label, images| D_2.target(label, images, Counts::PAPER_IMAGES);
        assert_eq!(target(Label::Metastatic, 768), Some(520));
        assert_eq!(target(Label::Metastatic, 384), Some(260));
        assert_eq!(target(Label::Both, 24), Some(3));
        assert_eq!(target(Label::Normal, 768), None);
    }

    #[test]
    fn the_total_is_that_of_the_paper_s_tables() {
        assert_eq!(D_2.total(768, Counts::PAPER_IMAGES), 1502);
        let d_3 = Counts { metastatic: 394, arthritic: 472, both: 80 };
        assert_eq!(d_3.total(768, Counts::PAPER_IMAGES), 1280);
    }
}
