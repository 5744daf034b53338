use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::unreadable::Unreadable;
use crate::pseudonym;

/// What is kept of the person in an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// See [`pseudonym::of`].
    pub pseudonym: String,
    /// `F`, `M` or `O`, if it is known.
    pub sex: Option<String>,
    /// Age at the examination in years, if it is known.
    pub age_years: Option<f64>,
}

impl Person {
    /// Reads a data set.
    ///
    /// # Errors
    /// [`Unreadable::NoPatient`].
    pub fn of(attributes: Attributes<'_>) -> Result<Self, Unreadable> {
        let identifier = attributes.text(tags::PATIENT_ID).ok_or(Unreadable::NoPatient)?;
        let sex = attributes.text(tags::PATIENT_SEX).filter(|sex| ["F", "M", "O"].contains(&sex.as_str()));
        let stated = attributes.text(tags::PATIENT_AGE).and_then(|age| stated_age(&age));
        let dates = || {
            let birth = attributes.text(tags::PATIENT_BIRTH_DATE)?;
            age_between(&birth, &attributes.text(tags::STUDY_DATE)?)
        };
        Ok(Self { pseudonym: pseudonym::of(&identifier), sex, age_years: stated.or_else(dates) })
    }
}

/// Returns the years in an age such as `049Y` or `006M` (PS3.5 §6.2, AS).
fn stated_age(age: &str) -> Option<f64> {
    let (count, unit) = age.split_at_checked(3)?;
    let count = f64::from(count.parse::<u16>().ok()?);
    match unit {
        "Y" => Some(count),
        "M" => Some(count / 12.0),
        "W" => Some(count * 7.0 / 365.25),
        "D" => Some(count / 365.25),
        _ => None,
    }
}

/// Returns the whole years between two days such as `19620730`.
fn age_between(birth: &str, study: &str) -> Option<f64> {
    let day = |text: &str| -> Option<u32> {
        (text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let years = day(study)?.checked_sub(day(birth)?)? / 10_000;
    (years < 150).then(|| f64::from(years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_years_whatever_its_unit() {
        assert_eq!(stated_age("049Y"), Some(49.0));
        assert_eq!(stated_age("006M"), Some(0.5));
        assert_eq!(stated_age("49Y"), None);
        assert_eq!(stated_age("äY"), None);
    }

    #[test]
    fn without_an_age_two_dates_tell_it_in_whole_years() {
        assert_eq!(age_between("19620730", "20180729"), Some(55.0));
        assert_eq!(age_between("19620730", "20180730"), Some(56.0));
        assert_eq!(age_between("20180730", "19620730"), None);
        assert_eq!(age_between("1962", "20180730"), None);
        assert_eq!(age_between("+1962073", "20180730"), None);
    }
}
