use thiserror::Error;

use super::lengths::DEPTH;
use super::scan::LARGEST_FILE;

/// Why a file gives no image. No variant quotes a value of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The operating system refuses the file.
    #[error("it cannot be opened: {0}")]
    File(std::io::ErrorKind),
    /// The file is larger than any planar scan.
    #[error("it is larger than {} MiB", LARGEST_FILE >> 20)]
    TooLarge,
    /// Neither a file header nor a data set begins the file.
    #[error("it is no DICOM file, or one without a file header that is damaged")]
    NotDicom,
    /// The element at `at` is longer than the file, or than the item that holds it.
    #[error("it is damaged: the element at byte {at} runs past the end of what holds it")]
    Truncated {
        /// Byte of the file.
        at: usize,
    },
    /// There is no element at `at` where one has to be.
    #[error("it is damaged: byte {at} begins no element that may stand there")]
    Malformed {
        /// Byte of the file.
        at: usize,
    },
    /// Sequences lie within sequences beyond all use.
    #[error("its sequences are nested more than {DEPTH} deep")]
    TooDeep,
    /// The data set ends without pixels.
    #[error("it holds no pixels")]
    NoPixels,
    /// The transfer syntax is unknown, deflated, lossy, or one without a decoder here.
    #[error(
        "its transfer syntax is not read (uncompressed, RLE and lossless JPEG are): transcode it, for example with \
         `gdcmconv --raw`"
    )]
    Syntax,
    /// The lengths are sound, the contents are not.
    #[error("it is damaged: its data set cannot be parsed")]
    Contents,
    /// An attribute is missing, or its value is out of range.
    #[error("its {0} is missing or not of a planar nuclear medicine image")]
    Attribute(&'static str),
    /// The modality is not NM.
    #[error("it is no nuclear medicine image: its modality is not NM")]
    Modality,
    /// Nothing tells on which side of the patient the camera was.
    #[error("nothing in it tells an anterior from a posterior view")]
    NoView,
    /// Nothing tells whose image it is.
    #[error("its patient identifier is empty, and without one no split can keep patients apart")]
    NoPatient,
    /// The compressed pixels disagree with the header, or cannot be decoded.
    #[error("its compressed pixels are damaged or disagree with its header")]
    Compressed,
    /// There are more or fewer pixels than the header says.
    #[error("its pixels are not as many as its header says")]
    PixelLength,
    /// A pixel is negative, fractional or beyond 16 bits.
    #[error("its pixels, after rescaling, are not all whole counts from 0 to 65535")]
    NotCounts,
    /// A decoder panicked.
    #[error("it is damaged: its decoder gave up")]
    Panicked,
}
