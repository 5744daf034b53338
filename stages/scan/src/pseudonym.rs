use std::fs;
use std::path::Path;

use contract::Issue;

/// Shorter secrets can be tried one after the other.
const SHORTEST: usize = 16;

/// Returns the name that stands for a patient in every artifact that is not made with a [`Secret`]: `p` and 12 hexadecimal digits of the BLAKE3
/// derived key of the patient's identifier.
///
/// Equal identifiers give equal pseudonyms, in every run and in every institution, so that the images of a patient
/// stay together. It is a pseudonym, not anonymity: whoever has a list of identifiers can find theirs again.
pub fn of(identifier: &str) -> String {
    let key = blake3::derive_key("osteon 2026 patient pseudonym v1", identifier.as_bytes());
    format!("p{}", &blake3::Hash::from_bytes(key).to_hex()[..12])
}

/// What makes pseudonyms useless to those who have a list of identifiers, and not the secret.
#[derive(Clone, Debug)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Reads a file, all bytes of which are the secret.
    ///
    /// # Errors
    /// If it cannot be read, or is too short to be one.
    pub fn read(path: &Path) -> Result<Self, Issue> {
        let bytes = fs::read(path)
            .map_err(|error| Issue::new(format!("`secret` cannot be read: {}", error.kind())))?;
        if bytes.len() < SHORTEST {
            let help = "make one: `head -c 32 /dev/urandom > secret`";
            return Err(Issue::new(format!("`secret` has fewer than {SHORTEST} bytes")).help(help));
        }
        Ok(Self(blake3::derive_key("osteon 2026 patient secret v1", &bytes)))
    }

    /// Returns the pseudonym that stands for another one.
    pub fn conceal(&self, pseudonym: &str) -> String {
        format!("p{}", &blake3::keyed_hash(&self.0, pseudonym.as_bytes()).to_hex()[..12])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_gives_other_pseudonyms_and_short_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            Secret::read(&path)
        };
        let (one, other) = (read(&[1; 16]).unwrap(), read(&[2; 16]).unwrap());
        let plain = of("8NM1");
        assert_eq!(one.conceal(&plain), one.conceal(&plain));
        assert_ne!(one.conceal(&plain), other.conceal(&plain));
        assert_eq!(one.conceal(&plain).len(), plain.len());
        assert_ne!(one.conceal(&plain), plain);
        assert!(read(&[1; 15]).unwrap_err().message.contains("fewer than 16 bytes"));
    }

    #[test]
    fn a_pseudonym_repeats_and_does_not_tell_the_identifier() {
        assert_eq!(of("PHANTOM-000123"), of("PHANTOM-000123"));
        assert_ne!(of("PHANTOM-000123"), of("PHANTOM-000124"));
        assert!(!of("PHANTOM-000123").contains("123"));
        assert_eq!(of("8NM1").len(), 13);
    }
}
