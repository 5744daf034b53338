use std::fmt;

/// Type of the pixels of an `images` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelType {
    /// Counts, as the camera stores them.
    U16,
    /// Counts scaled to a range without unit.
    F32,
}

impl PixelType {
    pub(crate) const ALL: [Self; 2] = [Self::U16, Self::F32];

    /// Returns the size of a pixel, in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::U16 => 2,
            Self::F32 => 4,
        }
    }

    /// Returns the name that NumPy gives the type.
    pub const fn dtype(self) -> &'static str {
        match self {
            Self::U16 => "<u2",
            Self::F32 => "<f4",
        }
    }

    /// Returns the unit of a pixel.
    pub const fn units(self) -> &'static str {
        match self {
            Self::U16 => "counts",
            Self::F32 => "1",
        }
    }
}

/// Height and width of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Height.
    pub rows: u32,
    /// Width.
    pub cols: u32,
}

impl Shape {
    /// Returns the number of pixels.
    pub const fn pixels(self) -> usize {
        self.rows as usize * self.cols as usize
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.rows, self.cols)
    }
}

/// Pixels of one image, row by row from the top, each from the left.
///
/// # Shapes
/// `[rows * cols]`; empty where a reader was asked to leave them out.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// See [`PixelType::U16`].
    U16(Vec<u16>),
    /// See [`PixelType::F32`].
    F32(Vec<f32>),
}

impl Pixels {
    /// Returns their type.
    pub const fn pixel_type(&self) -> PixelType {
        match self {
            Self::U16(_) => PixelType::U16,
            Self::F32(_) => PixelType::F32,
        }
    }

    /// Returns how many there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::U16(pixels) => pixels.len(),
            Self::F32(pixels) => pixels.len(),
        }
    }

    /// Returns whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) const fn none(pixel_type: PixelType) -> Self {
        match pixel_type {
            PixelType::U16 => Self::U16(Vec::new()),
            PixelType::F32 => Self::F32(Vec::new()),
        }
    }

    /// Appends the pixels to `bytes`, little-endian.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::U16(pixels) => bytes.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes())),
            Self::F32(pixels) => bytes.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes())),
        }
    }

    /// Returns the pixels that [`Pixels::append_to`] wrote.
    pub(crate) fn from_bytes(pixel_type: PixelType, bytes: &[u8]) -> Self {
        match pixel_type {
            PixelType::U16 => {
                Self::U16(bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())
            }
            PixelType::F32 => {
                Self::F32(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
        }
    }
}
