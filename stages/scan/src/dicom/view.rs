use dicom_core::Tag;
use dicom_dictionary_std::tags;
use table::View;

use super::attributes::Attributes;

/// Antero-posterior and postero-anterior in the two code systems of CID 26.
const ANTERIOR: [&str; 2] = ["399348003", "R-10206"];
const POSTERIOR: [&str; 2] = ["272479007", "R-10214"];

/// Where cameras that write no view code leave a name for the view: two private elements of GE, the description of
/// the series, the identifier of the image.
const NAMES: [Tag; 4] = [Tag(0x0011, 0x1012), Tag(0x0011, 0x1030), tags::SERIES_DESCRIPTION, tags::IMAGE_ID];

/// Returns from which side each of `frames` frames was taken; nothing for a frame of which nothing tells.
///
/// In this order: the view code of the frame's detector; a name of the whole file, if it has one frame; the start
/// angle of the detector, 0° or 180°; the number of the detector, 1 or 2; the position among two frames.
pub fn views(attributes: Attributes<'_>, frames: usize) -> Vec<Option<View>> {
    let detectors: Vec<Attributes<'_>> = attributes.items(tags::DETECTOR_INFORMATION_SEQUENCE).collect();
    let numbers = attributes.wholes(tags::DETECTOR_VECTOR);
    let named =
        if frames == 1 { NAMES.into_iter().find_map(|tag| named(&attributes.text(tag)?)) } else { None };
    let view = |frame: usize| {
        let number = numbers.get(frame).copied();
        let index = number.map_or(Some(frame), |number| usize::try_from(number).ok()?.checked_sub(1));
        let detector = index.and_then(|index| detectors.get(index));
        let coded = || {
            detector?.items(tags::VIEW_CODE_SEQUENCE).find_map(|code| coded(&code.text(tags::CODE_VALUE)?))
        };
        let angled = || angled(detector?.number(tags::START_ANGLE)?);
        let position = if frames == 2 { Some(frame as u64 + 1) } else { None };
        let numbered = || match number.or(position)? {
            1 => Some(View::Anterior),
            2 => Some(View::Posterior),
            _ => None,
        };
        coded().or(named).or_else(angled).or_else(numbered)
    };
    (0..frames).map(view).collect()
}

fn coded(code: &str) -> Option<View> {
    match code {
        code if ANTERIOR.contains(&code) => Some(View::Anterior),
        code if POSTERIOR.contains(&code) => Some(View::Posterior),
        _ => None,
    }
}

fn named(name: &str) -> Option<View> {
    let name = name.to_ascii_uppercase();
    let anterior = name.contains("ANT") || name.ends_with("_E");
    let posterior = name.contains("POS") || name.ends_with("_F");
    match (anterior, posterior) {
        (true, false) => Some(View::Anterior),
        (false, true) => Some(View::Posterior),
        _ => None,
    }
}

fn angled(degrees: f64) -> Option<View> {
    match degrees.rem_euclid(360.0) {
        0.0 => Some(View::Anterior),
        180.0 => Some(View::Posterior),
        _ => None,
    }
}
