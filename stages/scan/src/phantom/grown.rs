use super::hotspot::{FULL_WIDTH, Hotspot};
use super::lesion::Lesion;
use super::projection::Exposure;
use super::skeleton::Source;
use super::spot::Spot;

/// A lesion in the bone of a patient, and how it looks from both sides.
#[derive(Clone, Copy, Debug)]
pub struct Grown {
    /// What it is.
    pub lesion: Lesion,
    /// The uptake that it adds.
    pub hotspot: Hotspot,
    /// How it looks from the front, and from behind.
    pub spots: [Spot; 2],
}

impl Grown {
    /// Grows a lesion in healthy bone until the view that shows it better has its contrast; nothing if no bone is near.
    pub fn of(lesion: &Lesion, healthy: &[Source], exposures: &[Exposure<'_>; 2]) -> Option<Self> {
        let unit = Hotspot { center: lesion.center, size: lesion.width_mm / FULL_WIDTH, excess: 1.0 };
        let [front, back] = exposures.each_ref().map(|exposure| Spot::of(&unit, healthy, exposure));
        let (front, back) = (front?, back?);
        let excess = lesion.contrast / front.contrast.max(back.contrast);
        let hotspot = Hotspot { excess, ..unit };
        Some(Self { lesion: *lesion, hotspot, spots: [front.times(excess), back.times(excess)] })
    }
}
