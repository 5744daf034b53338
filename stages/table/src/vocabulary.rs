use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Value;

/// Declares an enum that is written as one word in tables, manifests and messages.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| {
                    let known = [$($word),+].join(", ");
                    format!("{text:?} is none of {known}")
                })
            }
        }

        impl Value for $name {
            const TYPE: DataType = DataType::Utf8;

            fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> ArrayRef {
                Arc::new(values.map(|word| word.map(|word| word.as_str())).collect::<StringArray>())
            }

            fn decode(array: &dyn Array, row: usize) -> Result<Self, String> {
                array.as_string::<i32>().value(row).parse()
            }
        }
    };
}

vocabulary! {
    /// What the readers found in an image.
    Label {
        /// No lesion.
        Normal = "normal",
        /// Bone metastasis.
        Metastatic = "metastatic",
        /// Arthritis.
        Arthritic = "arthritic",
        /// Bone metastasis and arthritis, the paper's M&A.
        Both = "both",
    }
}

vocabulary! {
    /// An output of a network, and so the label of a sample: the paper's softmax has three.
    Class {
        /// No lesion.
        Normal = "normal",
        /// Bone metastasis.
        Metastatic = "metastatic",
        /// Arthritis.
        Arthritic = "arthritic",
    }
}

impl Class {
    /// Returns the position among the outputs of a network: 0, 1 or 2.
    pub const fn index(self) -> usize {
        self as usize
    }
}

vocabulary! {
    /// What a sample is used for.
    Part {
        /// Fitted on.
        Train = "train",
        /// Scored on.
        Test = "test",
        /// Neither: it would leak, or it is left out by the protocol.
        Unused = "unused",
    }
}

vocabulary! {
    /// Side from which a scan was taken.
    View {
        /// From the front.
        Anterior = "anterior",
        /// From the back.
        Posterior = "posterior",
    }
}

vocabulary! {
    /// What a mark of a figure looks like.
    Glyph {
        /// A filled rectangle from a base to a value.
        Bar = "bar",
        /// A rectangle of a matrix, shaded by its share.
        Cell = "cell",
        /// A short stroke across a bar: the published value.
        Dash = "dash",
        /// A picture over the whole panel.
        Image = "image",
        /// A corner of a bold line; the marks of a line follow each other.
        Line = "line",
        /// Text in place of a drawing.
        Note = "note",
        /// The outline of a rectangle.
        Outline = "outline",
        /// A dot.
        Point = "point",
        /// A straight broken line to compare with.
        Rule = "rule",
        /// A corner of a thin line: one run of those whose mean is bold.
        Thread = "thread",
        /// A range about a value, with caps.
        Whisker = "whisker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for label in Label::ALL {
            assert_eq!(label.to_string().parse(), Ok(*label));
        }
        assert_eq!(
            "metastasis".parse::<Class>(),
            Err("\"metastasis\" is none of normal, metastatic, arthritic".to_owned())
        );
    }

    #[test]
    fn classes_are_numbered_in_order() {
        let indices: Vec<usize> = Class::ALL.iter().map(|class| class.index()).collect();
        assert_eq!(indices, [0, 1, 2]);
    }
}
