/// Returns the name that stands for a patient in every artifact: `p` and 12 hexadecimal digits of the BLAKE3
/// derived key of the patient's identifier.
///
/// Equal identifiers give equal pseudonyms, in every run and in every institution, so that the images of a patient
/// stay together. It is a pseudonym, not anonymity: whoever has a list of identifiers can find theirs again.
pub fn of(identifier: &str) -> String {
    let key = blake3::derive_key("osteon 2026 patient pseudonym v1", identifier.as_bytes());
    format!("p{}", &blake3::Hash::from_bytes(key).to_hex()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_repeats_and_does_not_tell_the_identifier() {
        assert_eq!(of("PHANTOM-000123"), of("PHANTOM-000123"));
        assert_ne!(of("PHANTOM-000123"), of("PHANTOM-000124"));
        assert!(!of("PHANTOM-000123").contains("123"));
        assert_eq!(of("8NM1").len(), 13);
    }
}
