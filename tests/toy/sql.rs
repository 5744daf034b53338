use contract::Tool;
use serde_json::Value as Json;

/// Prints which tables it was given, with the cells of each.
pub const TOOL: Tool = Tool {
    name: "sql",
    run: |request, out| {
        let error = |error: std::io::Error| contract::Issue::new(error.to_string());
        writeln!(out, "{}", request["query"]).map_err(error)?;
        for table in request["tables"].as_array().into_iter().flatten() {
            let files = table["files"].as_array().into_iter().flatten();
            let cells: Vec<String> = files.map(|file: &Json| file["cell"].to_string()).collect();
            writeln!(out, "{} {}", table["name"], cells.join(" ")).map_err(error)?;
        }
        Ok(())
    },
};
