use dicom_dictionary_std::uids;

/// Retired, and therefore not offered by the dictionary without a warning.
const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// How the elements of a data set are written (PS3.5 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Without value representations, little endian.
    ImplicitLittle,
    /// With value representations, little endian.
    ExplicitLittle,
    /// With value representations, big endian (retired; old cameras).
    ExplicitBig,
}

/// How the pixels in a data set are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// Runs of bytes (PS3.5 annex G).
    Rle,
    /// Lossless JPEG.
    Jpeg,
}

/// A transfer syntax that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// Its unique identifier.
    pub uid: &'static str,
    /// How elements are written.
    pub encoding: Encoding,
    /// How pixels are written.
    pub compression: Compression,
}

impl Syntax {
    const ALL: [Self; 6] = [
        Self::new(uids::IMPLICIT_VR_LITTLE_ENDIAN, Encoding::ImplicitLittle, Compression::None),
        Self::new(uids::EXPLICIT_VR_LITTLE_ENDIAN, Encoding::ExplicitLittle, Compression::None),
        Self::new(EXPLICIT_VR_BIG_ENDIAN, Encoding::ExplicitBig, Compression::None),
        Self::new(uids::RLE_LOSSLESS, Encoding::ExplicitLittle, Compression::Rle),
        Self::new(uids::JPEG_LOSSLESS, Encoding::ExplicitLittle, Compression::Jpeg),
        Self::new(uids::JPEG_LOSSLESS_SV1, Encoding::ExplicitLittle, Compression::Jpeg),
    ];

    const fn new(uid: &'static str, encoding: Encoding, compression: Compression) -> Self {
        Self { uid, encoding, compression }
    }

    /// Returns the transfer syntax that a file header names.
    pub fn named(uid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.uid == uid)
    }

    /// Returns the uncompressed transfer syntax with an encoding.
    pub fn uncompressed(encoding: Encoding) -> Self {
        let uid = match encoding {
            Encoding::ImplicitLittle => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ExplicitLittle => uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ExplicitBig => EXPLICIT_VR_BIG_ENDIAN,
        };
        Self::new(uid, encoding, Compression::None)
    }
}
