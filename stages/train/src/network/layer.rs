use std::fmt;
use std::str::FromStr;

/// One layer of a network, in the notation of the paper's tables.
///
/// Every convolution and every hidden dense layer is followed by a ReLU, which is not written.
///
/// # Source
/// Tables 3 and 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `conv 11x11 96 s4 p2`: kernel, channels, stride, padding on every side.
    Convolution {
        /// Rows and columns of the kernel.
        kernel: [usize; 2],
        /// Channels that it makes.
        channels: usize,
        /// Stride along both axes.
        stride: usize,
        /// Zeros on every side.
        padding: usize,
    },
    /// `maxpool 3x3 s2`: windows may overlap; what does not fill a window is dropped.
    MaxPool {
        /// Rows and columns of the window.
        kernel: [usize; 2],
        /// Stride along both axes.
        stride: usize,
    },
    /// `attention 16`: channel attention, then spatial attention.
    Attention {
        /// Channels for each unit of the shared hidden layer.
        reduction: usize,
    },
    /// `residual`: two 3x3 convolutions and a shortcut.
    Residual,
    /// `dense 4096`: a hidden layer.
    Dense {
        /// Units.
        units: usize,
    },
    /// `softmax 3`: the output.
    Softmax {
        /// Classes.
        classes: usize,
    },
}

/// What a layer may look like, for messages.
pub const FORMS: &str = "a layer is one of `conv 11x11 96 s4 p2`, `maxpool 3x3 s2`, `attention 16`, \
                         `residual`, `dense 4096` and `softmax 3`";

/// The largest number in a layer, far above any that can be trained.
const LARGEST: usize = 1 << 20;

impl FromStr for Layer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["conv", kernel, channels, stride, padding] => Ok(Self::Convolution {
                kernel: window(kernel)?,
                channels: positive("channels", channels)?,
                stride: positive("stride", after(stride, 's')?)?,
                padding: number("padding", after(padding, 'p')?)?,
            }),
            ["maxpool", kernel, stride] => Ok(Self::MaxPool {
                kernel: window(kernel)?,
                stride: positive("stride", after(stride, 's')?)?,
            }),
            ["attention", reduction] => Ok(Self::Attention { reduction: positive("reduction", reduction)? }),
            ["residual"] => Ok(Self::Residual),
            ["dense", units] => Ok(Self::Dense { units: positive("units", units)? }),
            ["softmax", classes] => Ok(Self::Softmax { classes: positive("classes", classes)? }),
            _ => Err(format!("`{text}` is no layer")),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convolution { kernel: [rows, cols], channels, stride, padding } => {
                write!(f, "conv {rows}x{cols} {channels} s{stride} p{padding}")
            }
            Self::MaxPool { kernel: [rows, cols], stride } => write!(f, "maxpool {rows}x{cols} s{stride}"),
            Self::Attention { reduction } => write!(f, "attention {reduction}"),
            Self::Residual => f.write_str("residual"),
            Self::Dense { units } => write!(f, "dense {units}"),
            Self::Softmax { classes } => write!(f, "softmax {classes}"),
        }
    }
}

fn window(word: &str) -> Result<[usize; 2], String> {
    let (rows, cols) = word.split_once('x').ok_or_else(|| format!("`{word}` is no window such as `3x3`"))?;
    Ok([positive("window", rows)?, positive("window", cols)?])
}

fn after(word: &str, letter: char) -> Result<&str, String> {
    word.strip_prefix(letter).ok_or_else(|| format!("`{word}` stands where `{letter}` and a number belong"))
}

fn positive(what: &str, word: &str) -> Result<usize, String> {
    match number(what, word)? {
        0 => Err(format!("the {what} `{word}` must be at least 1")),
        value => Ok(value),
    }
}

fn number(what: &str, word: &str) -> Result<usize, String> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let value = word.parse().ok().filter(|value| digits && *value <= LARGEST);
    value.ok_or_else(|| format!("the {what} `{word}` must be a whole number up to {LARGEST}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_layer() -> impl Strategy<Value = Layer> {
        let size = 1..=LARGEST;
        let kernel = [size.clone(), size.clone()];
        prop_oneof![
            (kernel.clone(), size.clone(), size.clone(), 0..=LARGEST).prop_map(
                |(kernel, channels, stride, padding)| Layer::Convolution {
                    kernel,
                    channels,
                    stride,
                    padding
                }
            ),
            (kernel, size.clone()).prop_map(|(kernel, stride)| Layer::MaxPool { kernel, stride }),
            size.clone().prop_map(|reduction| Layer::Attention { reduction }),
            Just(Layer::Residual),
            size.clone().prop_map(|units| Layer::Dense { units }),
            size.prop_map(|classes| Layer::Softmax { classes }),
        ]
    }

    proptest! {
        #[test]
        fn a_layer_is_read_back_as_it_was_printed(layer in any_layer()) {
            prop_assert_eq!(layer.to_string().parse(), Ok(layer));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Layer>();
        }
    }

    #[test]
    fn a_word_out_of_place_is_named() {
        let message = |text: &str| text.parse::<Layer>().unwrap_err();
        assert_eq!(message("convolution 3x3"), "`convolution 3x3` is no layer");
        assert_eq!(message("conv 3 8 s1 p1"), "`3` is no window such as `3x3`");
        assert_eq!(message("conv 3x3 8 1 p1"), "`1` stands where `s` and a number belong");
        assert_eq!(message("conv 3x3 8 s0 p1"), "the stride `0` must be at least 1");
        assert_eq!(message("dense +8"), "the units `+8` must be a whole number up to 1048576");
    }
}
