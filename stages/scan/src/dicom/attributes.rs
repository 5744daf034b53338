use dicom_core::Tag;
use dicom_object::InMemDicomObject;

/// The attributes of a data set, read leniently: what is missing, empty or of another type is not there.
#[derive(Clone, Copy)]
pub struct Attributes<'a>(pub &'a InMemDicomObject);

impl<'a> Attributes<'a> {
    /// Returns a text without its padding.
    pub fn text(self, tag: Tag) -> Option<String> {
        let text = self.0.get(tag)?.to_str().ok()?;
        let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns a whole number, the first of several.
    pub fn whole(self, tag: Tag) -> Option<u64> {
        self.0.get(tag)?.to_int().ok()
    }

    /// Returns all of several whole numbers.
    pub fn wholes(self, tag: Tag) -> Vec<u64> {
        self.0.get(tag).and_then(|element| element.to_multi_int().ok()).unwrap_or_default()
    }

    /// Returns a finite number, the first of several.
    pub fn number(self, tag: Tag) -> Option<f64> {
        self.0.get(tag)?.to_finite_float64().ok()
    }

    /// Returns the items of a sequence.
    pub fn items(&self, tag: Tag) -> impl Iterator<Item = Attributes<'a>> {
        self.0.get(tag).and_then(|element| element.items()).unwrap_or_default().iter().map(Attributes)
    }
}
