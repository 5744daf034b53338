//! The bytes that are hashed: each item behind its type and length.

use serde_json::Value as Json;

use super::{ArtifactKey, KeyInput, KeyManifest, KeyWork};

impl KeyManifest {
    /// Writes the bytes that [`encode`] writes of [`KeyManifest::to_json`]; ten thousand keys are worth the shorter way.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        write_table(6, &mut out);
        write_text("env", &mut out);
        write_table(self.env.len(), &mut out);
        for (name, value) in &self.env {
            write_text(name, &mut out);
            match value {
                Some(fingerprint) => write_text(&fingerprint.to_string(), &mut out),
                None => out.push(b'n'),
            }
        }
        write_text("format", &mut out);
        write_whole(i64::from(self.format), &mut out);
        write_text("inputs", &mut out);
        write_table(self.inputs.len(), &mut out);
        for (port, input) in &self.inputs {
            write_text(port, &mut out);
            input.encode(&mut out);
        }
        write_text("outputs", &mut out);
        write_table(self.outputs.len(), &mut out);
        for (port, file) in &self.outputs {
            write_text(port, &mut out);
            write_text(file, &mut out);
        }
        write_text("params", &mut out);
        write(&self.params, &mut out);
        write_text("work", &mut out);
        self.work.encode(&mut out);
        out
    }
}

impl KeyWork {
    fn encode(&self, out: &mut Vec<u8>) {
        write_table(1, out);
        match self {
            Self::Command { template, private } => {
                write_text("command", out);
                write_table(2, out);
                write_text("private", out);
                out.extend([b'b', u8::from(*private)]);
                write_text("template", out);
                write_text(template, out);
            }
            Self::Kind { name, version } => {
                write_text("kind", out);
                write_table(2, out);
                write_text("name", out);
                write_text(name, out);
                write_text("version", out);
                write_whole(i64::from(*version), out);
            }
        }
    }
}

impl KeyInput {
    fn encode(&self, out: &mut Vec<u8>) {
        write_table(1, out);
        match self {
            Self::One(artifact) => {
                write_text("one", out);
                artifact.encode(out);
            }
            Self::Gather(cells) => {
                write_text("gather", out);
                write_list(cells.len(), out);
                for (cell, artifact) in cells {
                    write_list(2, out);
                    write_text(cell, out);
                    artifact.encode(out);
                }
            }
        }
    }
}

impl ArtifactKey {
    fn encode(&self, out: &mut Vec<u8>) {
        write_table(2, out);
        write_text("digest", out);
        write_text(&self.digest.to_string(), out);
        write_text("form", out);
        write_text(self.form.name(), out);
    }
}

/// Writes JSON so that two values have the same bytes exactly if they are equal: each item behind its type and
/// length, tables by their sorted keys.
pub fn encode(value: &Json) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write(value, &mut out);
    out
}

fn write(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.push(b'n'),
        Json::Bool(value) => out.extend([b'b', u8::from(*value)]),
        Json::Number(number) => {
            if let Some(value) = number.as_i64() {
                write_whole(value, out);
            } else if let Some(value) = number.as_u64() {
                out.push(b'u');
                out.extend(value.to_le_bytes());
            } else {
                out.push(b'f');
                out.extend(number.as_f64().unwrap_or_default().to_bits().to_le_bytes());
            }
        }
        Json::String(text) => write_text(text, out),
        Json::Array(items) => {
            write_list(items.len(), out);
            items.iter().for_each(|item| write(item, out));
        }
        Json::Object(table) => {
            let mut entries: Vec<(&String, &Json)> = table.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            write_table(entries.len(), out);
            for (key, value) in entries {
                write_text(key, out);
                write(value, out);
            }
        }
    }
}

fn write_whole(value: i64, out: &mut Vec<u8>) {
    out.push(b'i');
    out.extend(value.to_le_bytes());
}

fn write_list(length: usize, out: &mut Vec<u8>) {
    out.push(b'l');
    out.extend((length as u64).to_le_bytes());
}

fn write_table(length: usize, out: &mut Vec<u8>) {
    out.push(b't');
    out.extend((length as u64).to_le_bytes());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b's');
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
