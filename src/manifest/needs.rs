//! What a stage asks of the machine.

use std::time::Duration;

use bytesize::ByteSize;
use contract::Scalar;

use super::value::{Form, Value};

/// What a stage asks of the machine. Never part of a key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Processor tokens; one if not said.
    pub cpus: Option<usize>,
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// Devices.
    pub gpus: usize,
    /// Wall time of one attempt.
    pub timeout: Option<Duration>,
    /// Further attempts after one that failed.
    pub retries: u32,
}

/// The keys of `needs` with what each takes.
pub const KEYS: [(&str, &str); 5] = [
    ("cpus", "a whole number of at least 1"),
    ("memory", "a size such as \"512 MiB\""),
    ("gpus", "a whole number"),
    ("timeout", "a time such as \"10m\""),
    ("retries", "a whole number"),
];

impl Needs {
    /// Sets what `key` says; returns `None` if it cannot be read.
    pub fn set(&mut self, key: &str, value: &Value) -> Option<()> {
        match key {
            "cpus" => self.cpus = Some(usize::try_from(int(value)?).ok().filter(|cpus| *cpus > 0)?),
            "memory" => self.memory = Some(size(value)?),
            "gpus" => self.gpus = usize::try_from(int(value)?).ok()?,
            "timeout" => self.timeout = Some(time(value)?),
            "retries" => self.retries = u32::try_from(int(value)?).ok()?,
            _ => return None,
        }
        Some(())
    }
}

fn int(value: &Value) -> Option<i64> {
    match value.form {
        Form::Scalar(Scalar::Int(number)) => Some(number),
        _ => None,
    }
}

/// Reads `"1 GiB"`, `"500 MB"`, or a whole number of bytes.
fn size(value: &Value) -> Option<u64> {
    match &value.form {
        Form::Scalar(Scalar::Int(bytes)) => u64::try_from(*bytes).ok(),
        Form::Scalar(Scalar::Text(text)) => text.parse::<ByteSize>().ok().map(|size| size.as_u64()),
        _ => None,
    }
}

/// Reads `"30s"`, `"10m"`, `"1h 30m"`, or a number of seconds.
fn time(value: &Value) -> Option<Duration> {
    let time = match &value.form {
        Form::Scalar(Scalar::Text(text)) => humantime::parse_duration(text).ok()?,
        Form::Scalar(scalar) => Duration::try_from_secs_f64(scalar.as_f64()?).ok()?,
        _ => return None,
    };
    (!time.is_zero()).then_some(time)
}

/// Writes a number of bytes for people.
pub fn show_size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::text::{Span, Texts};

    fn needs(key: &str, form: Form) -> Option<Needs> {
        let file = Texts::default().add("x".into(), String::new());
        let mut needs = Needs::default();
        needs.set(key, &Value { span: Span { file, range: 0..0 }, form })?;
        Some(needs)
    }

    fn text(text: &str) -> Form {
        Form::Scalar(Scalar::Text(text.into()))
    }

    #[test]
    fn sizes_and_times_are_read_as_people_write_them() {
        assert_eq!(needs("memory", text("1 GiB")).unwrap().memory, Some(1 << 30));
        assert_eq!(needs("memory", text("1.5MB")).unwrap().memory, Some(1_500_000));
        assert_eq!(needs("timeout", text("10m")).unwrap().timeout, Some(Duration::from_mins(10)));
        for (key, bad) in [("memory", "much"), ("memory", "-1 GiB"), ("timeout", "0s"), ("timeout", "soon")] {
            assert_eq!(needs(key, text(bad)), None, "{key} = {bad}");
        }
        assert_eq!(needs("cpus", Form::Scalar(Scalar::Int(0))), None);
    }
}
