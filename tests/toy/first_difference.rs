use std::fs;

use contract::{Issue, Tool};

/// Prints what both tables say, as if it knew tables.
pub const TOOL: Tool = Tool {
    name: "first-difference",
    run: |request, out| {
        let read = |side: &str| {
            let text = fs::read_to_string(request[side].as_str().unwrap_or_default());
            text.map_err(|error| Issue::new(error.to_string()))
        };
        let (recorded, rebuilt) = (read("recorded")?, read("rebuilt")?);
        writeln!(out, "row 0, column \"n\": {} recorded, {} now", recorded.trim(), rebuilt.trim())
            .map_err(|error| Issue::new(error.to_string()))
    },
};
