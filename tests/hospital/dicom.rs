//! A scan as a hospital has it: the pixels of a phantom, and all that names a patient.

/// Pixels of a phantom, row by row.
const SIZE: [u16; 2] = [1024, 256];

/// The data set of a file in explicit little endian (PS3.5 §7.1.2), element by element.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn element(&mut self, (group, element): (u16, u16), vr: &str, value: &[u8]) {
        self.0.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        self.0.extend(vr.as_bytes());
        let odd = value.len() % 2;
        let length = value.len() + odd;
        if ["OW", "SQ", "UN"].contains(&vr) {
            self.0.extend([0, 0]);
            self.0.extend((length as u32).to_le_bytes());
        } else {
            self.0.extend((length as u16).to_le_bytes());
        }
        self.0.extend(value);
        let padding = if vr == "UI" { 0 } else { b' ' };
        self.0.extend(std::iter::repeat_n(padding, odd));
    }
}

/// Who is in a scan, and what the file says of it beside.
pub struct Person<'a> {
    /// Patient identifier.
    pub identifier: &'a str,
    /// Side of the camera, as a series is described.
    pub series: &'a str,
    /// Number of the file.
    pub number: usize,
}

/// Returns the file of a person with the pixels of the file of a phantom.
pub fn file(person: &Person<'_>, phantom: &[u8]) -> Vec<u8> {
    let pixels = &phantom[phantom.len() - 2 * usize::from(SIZE[0]) * usize::from(SIZE[1])..];
    let uid = format!("1.2.826.0.1.3680043.555.{}", person.number);
    let mut header = Writer::default();
    header.element((2, 0x10), "UI", b"1.2.840.10008.1.2.1");
    let mut data = Writer::default();
    let texts: [((u16, u16), &str, &str); 23] = [
        ((0x08, 0x16), "UI", "1.2.840.10008.5.1.4.1.1.20"),
        ((0x08, 0x18), "UI", &uid),
        ((0x08, 0x20), "DA", "20171109"),
        ((0x08, 0x50), "SH", "ACC-90210-77"),
        ((0x08, 0x60), "CS", "NM"),
        ((0x08, 0x80), "LO", "Saltmarsh Infirmary"),
        ((0x08, 0x81), "ST", "12 Larkspur Lane"),
        ((0x08, 0x90), "PN", "Quillfeather^Ada"),
        ((0x08, 0x1010), "SH", "CAMERA-THORNBURY"),
        ((0x08, 0x1030), "LO", "bone scan for Wilhelmina"),
        ((0x08, 0x103E), "LO", person.series),
        ((0x08, 0x1070), "PN", "Underhay^Piers"),
        ((0x09, 0x10), "LO", "ACME NM 1.0"),
        ((0x09, 0x1040), "LO", "Thistledown"),
        ((0x10, 0x10), "PN", "Ashgrove^Philippa"),
        ((0x10, 0x20), "LO", person.identifier),
        ((0x10, 0x30), "DA", "19510623"),
        ((0x10, 0x40), "CS", "F"),
        ((0x10, 0x1000), "LO", "OTHER-33117"),
        ((0x10, 0x4000), "LT", "ask her sister Marigold first"),
        ((0x20, 0x0D), "UI", &uid),
        ((0x20, 0x10), "SH", "STUDY-4711"),
        ((0x20, 0x4000), "LT", "Dr. Fennimore wants a copy"),
    ];
    for (tag, vr, value) in texts {
        data.element(tag, vr, value.as_bytes());
    }
    let numbers =
        [(0x02, 1), (0x10, SIZE[0]), (0x11, SIZE[1]), (0x0100, 16), (0x0101, 16), (0x0102, 15), (0x0103, 0)];
    for (element, value) in numbers {
        data.element((0x28, element), "US", &value.to_le_bytes());
        if element == 2 {
            data.element((0x28, 0x04), "CS", b"MONOCHROME2");
        }
    }
    data.element((0x7FE0, 0x10), "OW", pixels);
    [vec![0; 128], b"DICM".to_vec(), header.0, data.0].concat()
}
