use std::fmt;
use std::str::FromStr;

use contract::Issue;

/// What a label says: `<code>:<disease>[:<bone>]` in any case, such as `M:metastasis:vertebra` or `A:arthritis`.
///
/// The paper names each region by "a self-defined code combined with the name of disease or body part". Here the
/// disease decides; the code may be any, except that of the other disease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The disease.
    pub disease: Disease,
    /// The bone or joint, in lower case.
    pub site: Option<String>,
}

/// A disease that readers look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disease {
    /// Bone metastasis.
    Metastasis,
    /// Arthritis.
    Arthritis,
}

impl Disease {
    const ALL: [Self; 2] = [Self::Metastasis, Self::Arthritis];

    /// Returns the name, as it is written in labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metastasis => "metastasis",
            Self::Arthritis => "arthritis",
        }
    }

    /// Returns the code, as it is written in labels.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Metastasis => "M",
            Self::Arthritis => "A",
        }
    }
}

impl fmt::Display for Disease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.disease.code(), self.disease)?;
        self.site.iter().try_for_each(|site| write!(f, ":{site}"))
    }
}

impl FromStr for Finding {
    type Err = Issue;

    /// A label that names no disease is not quoted: a reader may have typed anything.
    fn from_str(label: &str) -> Result<Self, Issue> {
        let parts: Vec<String> = label.split(':').take(4).map(|part| part.trim().to_lowercase()).collect();
        let unknown = || {
            let help =
                "`M:metastasis` and `A:arthritis` name one, and a bone may follow, as in `M:metastasis:rib`";
            Issue::new("its label names no disease").help(help)
        };
        let (code, name, site) = match parts.as_slice() {
            [code, name] => (code, name, None),
            [code, name, site] => (code, name, Some(site)),
            _ => return Err(unknown()),
        };
        if parts.iter().any(String::is_empty) {
            return Err(unknown());
        }
        let disease =
            Disease::ALL.into_iter().find(|disease| disease.as_str() == name).ok_or_else(unknown)?;
        if Disease::ALL.iter().any(|other| *other != disease && other.code().eq_ignore_ascii_case(code)) {
            return Err(unknown());
        }
        Ok(Self { disease, site: site.cloned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding(disease: Disease, site: Option<&str>) -> Finding {
        Finding { disease, site: site.map(str::to_owned) }
    }

    #[test]
    fn a_label_is_read_in_any_case_with_and_without_a_bone() {
        assert_eq!("M:metastasis:vertebra".parse(), Ok(finding(Disease::Metastasis, Some("vertebra"))));
        assert_eq!("a:ARTHRITIS : Knee".parse(), Ok(finding(Disease::Arthritis, Some("knee"))));
        assert_eq!("7:arthritis".parse(), Ok(finding(Disease::Arthritis, None)));
    }

    #[test]
    fn a_label_without_a_disease_or_with_the_code_of_another_is_refused() {
        for label in [
            "",
            "M",
            "metastasis",
            "M:",
            ":metastasis",
            "M:fracture",
            "M:arthritis",
            "M:metastasis:",
            "a:b:c:d",
        ] {
            assert!(label.parse::<Finding>().is_err(), "{label:?}");
        }
    }

    proptest! {
        #[test]
        fn a_finding_reads_back(metastasis in any::<bool>(), site in prop::option::of("[a-z]{1,9}( [a-z]{1,9})?")) {
            let disease = if metastasis { Disease::Metastasis } else { Disease::Arthritis };
            let finding = Finding { disease, site };
            prop_assert_eq!(finding.to_string().parse(), Ok(finding));
        }

        #[test]
        fn no_text_makes_it_panic(label in any::<String>()) {
            let _ = label.parse::<Finding>();
        }
    }
}
