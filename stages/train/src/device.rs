//! The only place that names the backends of burn and the features that bring them.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{self, DType, Tensor};
use contract::Issue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a network is computed; written `flex`, `libtorch` or `libtorch:0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Device {
    /// Rust kernels on the processor.
    #[default]
    Flex,
    /// PyTorch's kernels on the processor.
    LibTorch,
    /// PyTorch's kernels on a GPU, counted from 0.
    LibTorchGpu(u32),
}

impl Device {
    /// Returns what tests compute on: what `OSTEON_TEST_DEVICE` says, or else PyTorch's kernels wherever they are there.
    #[cfg(test)]
    pub fn tested() -> Self {
        let usual = if cfg!(feature = "libtorch") { Self::LibTorch } else { Self::Flex };
        std::env::var("OSTEON_TEST_DEVICE").map_or(usual, |device| device.parse().expect("it is a device"))
    }

    /// Returns the device of burn, able to differentiate.
    ///
    /// # Errors
    /// If this program was built without it.
    pub fn open(self) -> Result<tensor::Device, Issue> {
        match self {
            Self::Flex => Ok(tensor::Device::flex().autodiff()),
            Self::LibTorch | Self::LibTorchGpu(_) => self.libtorch(),
        }
    }

    /// Checks that this program was built with the device.
    ///
    /// # Errors
    /// If it was not; says how to build it.
    pub fn check(self) -> Result<(), Issue> {
        match self {
            Self::LibTorch | Self::LibTorchGpu(_) if cfg!(not(feature = "libtorch")) => Err(Issue::new(
                format!("`device`: this program was built without `{self}`"),
            )
            .help("build it with `cargo build --release --features libtorch`, or set `device = \"flex\"`")),
            _ => Ok(()),
        }
    }

    /// Returns whether the network and its activations lie in a memory of their own.
    pub const fn is_gpu(self) -> bool {
        matches!(self, Self::LibTorchGpu(_))
    }

    #[cfg(feature = "libtorch")]
    #[expect(deprecated, reason = "burn has no other way to PyTorch's kernels")]
    fn libtorch(self) -> Result<tensor::Device, Issue> {
        let device = match self {
            Self::LibTorchGpu(index) => {
                // It adds up gradients in whatever order its threads come, and rounds to the 10 bits of TF32; convolutions
                // that are told not to have it (`convolution/libtorch.rs`).
                tch::Cuda::set_user_enabled_cudnn(false);
                tensor::Device::libtorch_cuda(index)
            }
            Self::Flex | Self::LibTorch => tensor::Device::libtorch(),
        };
        Ok(device.autodiff())
    }

    #[cfg(not(feature = "libtorch"))]
    fn libtorch(self) -> Result<tensor::Device, Issue> {
        self.check()?;
        Ok(tensor::Device::flex().autodiff())
    }
}

/// Returns whether the program can change the numbers of `tensor` where they lie.
pub fn is_in_place(tensor: &Tensor<1>) -> bool {
    tensor.device() == tensor::Device::flex() && tensor.dtype() == DType::F32
}

/// Returns whether what lies on `device` lies on a GPU.
#[cfg(feature = "libtorch")]
#[expect(deprecated, reason = "burn has no other way to PyTorch's kernels")]
pub fn is_gpu(device: &tensor::Device) -> bool {
    // They are equal whether they can differentiate or not.
    *device != tensor::Device::flex() && *device != tensor::Device::libtorch()
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let gpu = |text: &str| text.strip_prefix("libtorch:")?.parse().ok();
        match text {
            "flex" => Ok(Self::Flex),
            "libtorch" => Ok(Self::LibTorch),
            _ => gpu(text).map(Self::LibTorchGpu).ok_or_else(|| {
                format!(
                    "{text:?} is no device: write \"flex\", \"libtorch\", or \"libtorch:0\" for the first GPU"
                )
            }),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex => f.write_str("flex"),
            Self::LibTorch => f.write_str("libtorch"),
            Self::LibTorchGpu(index) => write!(f, "libtorch:{index}"),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_back_as_it_was_printed() {
        for device in [Device::Flex, Device::LibTorch, Device::LibTorchGpu(3)] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert!("cuda".parse::<Device>().is_err());
        assert!("libtorch:".parse::<Device>().is_err());
    }

    #[cfg(feature = "libtorch")]
    #[test]
    fn a_gpu_is_told_from_processors_also_where_there_is_none() {
        let is_gpu = |device: Device| is_gpu(&device.open().unwrap());
        assert_eq!(
            [Device::Flex, Device::LibTorch, Device::LibTorchGpu(0)].map(is_gpu),
            [false, false, true]
        );
    }

    #[cfg(not(feature = "libtorch"))]
    #[test]
    fn a_device_that_was_left_out_says_how_to_build_it() {
        assert_eq!(Device::Flex.check(), Ok(()));
        let issue = Device::LibTorchGpu(0).check().unwrap_err();
        assert_eq!(issue.message, "`device`: this program was built without `libtorch:0`");
        assert!(issue.help.unwrap().contains("--features libtorch"));
    }
}
