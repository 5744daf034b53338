use std::ops::Range;

use fuzzer::{Grammar, Rng, Target};

use super::Scan;
use super::encoding::Encoding;
use super::lengths::Elements;
use super::specimen::Specimen;
use crate::shared;

/// Tags that decide what is read, as bytes in little endian.
const TAGS: [[u8; 4]; 12] = [
    [0x02, 0x00, 0x10, 0x00],
    [0x08, 0x00, 0x60, 0x00],
    [0x10, 0x00, 0x20, 0x00],
    [0x28, 0x00, 0x08, 0x00],
    [0x28, 0x00, 0x10, 0x00],
    [0x28, 0x00, 0x11, 0x00],
    [0x28, 0x00, 0x00, 0x01],
    [0x54, 0x00, 0x22, 0x00],
    [0xE0, 0x7F, 0x10, 0x00],
    [0xFE, 0xFF, 0x00, 0xE0],
    [0xFE, 0xFF, 0x0D, 0xE0],
    [0xFE, 0xFF, 0xDD, 0xE0],
];

/// Lengths and sizes at which something ends.
const NUMBERS: [u32; 16] = [
    0,
    1,
    2,
    3,
    64,
    255,
    4096,
    4097,
    0x7FFF,
    0xFFFF,
    0x0001_0000,
    0x00FF_FFFF,
    0x7FFF_FFFF,
    0xFFFF_0000,
    0xFFFF_FFFE,
    0xFFFF_FFFF,
];

const GRAMMAR: Grammar = Grammar {
    words: &[
        "SQ",
        "OB",
        "OW",
        "UN",
        "US",
        "IS",
        "DS",
        "PN",
        "UT",
        "AT",
        "FD",
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.70",
        "ISO 2022 IR 87",
        "ISO_IR 192",
        "\u{1B}$B",
        "NM",
        "64",
        "4096",
        "-1",
        "1e308",
        "\\",
        "^",
    ],
    part: element,
    own: Some(change_field),
};

/// Returns one element, found from the beginning; of one that holds others, sometimes one of these.
fn element(random: &mut Rng, bytes: &[u8]) -> Range<usize> {
    let encodings = [Encoding::ExplicitLittle, Encoding::ImplicitLittle, Encoding::ExplicitBig];
    let encoding = random.choice(encodings).unwrap_or(Encoding::ExplicitLittle);
    let elements = Elements { bytes, encoding };
    let mut at = if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 };
    let mut found = Vec::new();
    while let Ok(element) = elements.element(at, bytes.len()) {
        let end = element.end.unwrap_or(bytes.len());
        found.push(at..end);
        at = if element.end.is_none() || random.u8(0..4) == 0 { element.value } else { end };
    }
    random.choice(found).unwrap_or_default()
}

/// Changes the tag, the value representation or the length of an element, or the number that it holds.
#[expect(clippy::ptr_arg, reason = "one of several that may also grow it")]
fn change_field(random: &mut Rng, bytes: &mut Vec<u8>) {
    let start = element(random, bytes).start;
    let number = random.choice(NUMBERS).unwrap_or_default();
    let mut wide = if random.u8(0..4) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
    let (at, width) = random.choice([(0, 4), (4, 2), (4, 4), (6, 2), (8, 4), (8, 2)]).unwrap_or((0, 4));
    if at == 0 {
        wide = random.choice(TAGS).unwrap_or(wide);
    }
    if let Some(field) = bytes.get_mut(start + at..start + at + width) {
        field.copy_from_slice(&wide[..width]);
    }
}

#[test]
fn a_file_gives_images_of_its_size_or_a_reason() {
    let plain = Specimen { rows: 4, cols: 4, pixels: (0..16).collect(), ..Specimen::default() };
    let encodings = [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig];
    let mut seeds: Vec<Vec<u8>> =
        encodings.map(|encoding| Specimen { encoding, ..plain.clone() }.bytes()).into();
    seeds.push(Specimen { file_header: false, ..plain.clone() }.bytes());
    seeds.push(Specimen { bits: 8, signed: true, ..plain.clone() }.bytes());
    seeds.push(Specimen { rle: true, views: vec!["", ""], ..plain }.bytes());
    let target = Target::new("dicom", GRAMMAR).seeds(seeds);
    let target = match shared::folder("data/dicom-malformed") {
        Some(real) => target.files(&real, &["dcm"]),
        None => target,
    };
    // What is compressed unpacks to 64 times its size at most, once as bytes and once as counts.
    target.longest(16 << 10).memory(2 << 20, 256).run(|bytes| match Scan::parse(bytes) {
        Ok(scan) => {
            let pixels = scan.rows as usize * scan.cols as usize;
            assert!(scan.frames.iter().all(|frame| frame.counts.len() == pixels), "every pixel is there");
            assert!(
                !scan.frames.is_empty() && !scan.person.pseudonym.is_empty(),
                "it is an image of someone"
            );
            assert!(scan.person.age_years.is_none_or(|age| (0.0..1000.0).contains(&age)), "an age is one");
            format!("{:?} {:?} {}", scan.person.sex, scan.frames[0].view, "|".repeat(scan.frames.len()))
        }
        Err(reason) => format!("{reason:?}"),
    });
}
