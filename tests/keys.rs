use crate::support::Project;

/// Returns how often the one stage of a manifest runs as this place in it goes through these texts.
fn runs(manifest: &str, place: &str, texts: &[&str]) -> Vec<usize> {
    let project = Project::new("");
    project.write("raw.txt", "a\n");
    let run = |text: &&str| {
        project.write("pipeline.toml", &manifest.replace(place, text));
        project.ok("run");
        project.ran().len()
    };
    texts.iter().map(run).collect()
}

const COMMAND: &str = r#"
[stage.a]
params  = { x = X }
outputs = { o = "o.txt" }
command = "echo a >> ~/log; echo {params.x} > {outputs.o}"
"#;

const KIND: &str = r#"
[source.raw]
path = "raw.txt"
[stage.a]
kind   = "copy"
inputs = { from = "source.raw" }
params = { X }
"#;

#[test]
fn in_a_command_whole_numbers_floats_and_texts_differ() {
    assert_eq!(runs(COMMAND, "X", &["1", "1.0", "\"1\"", "true", "\"true\""]), [1, 1, 1, 1, 1]);
}

#[test]
fn one_number_in_two_spellings_is_one_number() {
    assert_eq!(runs(COMMAND, "X", &["1000", "1_000", "0x3e8"]), [1, 0, 0]);
    assert_eq!(runs(COMMAND, "X", &["0.0", "-0.0", "0.00", "0e3"]), [1, 0, 0, 0]);
    assert_eq!(runs(COMMAND, "X", &["\"a b\"", "'a b'", "\"a\\u0020b\""]), [1, 0, 0]);
}

#[test]
fn in_a_kind_the_type_of_the_field_decides() {
    assert_eq!(runs(KIND, "X", &["times = 2", "times = 2.0", "times = 2.5"]), [1, 0, 1]);
}

#[test]
fn a_default_that_is_spelled_out_changes_nothing() {
    assert_eq!(runs(KIND, "X", &["", "times = 1", "name = \"copy\", times = 1.0"]), [1, 0, 0]);
}

#[test]
fn how_a_table_is_printed_is_not_in_the_key() {
    assert_eq!(runs(KIND, "X", &["label = \"A\"", "label = \"B\"", "name = \"b\""]), [1, 0, 1]);
}

#[test]
fn a_parameter_that_the_command_does_not_use_is_in_its_key() {
    let manifest = COMMAND.replace("{params.x}", "");
    assert_eq!(runs(&manifest, "X", &["1", "2", "{ deep = [1] }", "{ deep = [2] }"]), [1, 1, 1, 1]);
}

#[test]
fn names_of_ports_and_of_files_are_in_the_key() {
    let manifest = COMMAND.replace("o.txt", "FILE").replace('X', "1");
    assert_eq!(runs(&manifest, "FILE", &["o.txt", "p.txt", "o.txt"]), [1, 1, 0]);
}

#[test]
fn a_gather_enters_the_key_with_the_names_of_its_cells() {
    let manifest = r#"
[stage.part]
grid.axes = { x = [X] }
params    = { word = "same" }
inputs    = { by = "$x.o" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.by} > {outputs.o}"
[stage.one]
outputs = { o = "o.txt" }
command = "echo > {outputs.o}"
[stage.two]
outputs = { o = "o.txt" }
command = "echo > {outputs.o}"
[stage.all]
inputs    = { parts = "part[x=*].o" }
outputs   = { o = "o.txt" }
command   = "echo all >> ~/log; ls {inputs.parts} > {outputs.o}"
"#;
    assert_eq!(
        runs(manifest, "X", &["\"one\"", "\"two\"", "\"one\", \"two\"", "\"two\", \"one\""]),
        [1, 1, 1, 0]
    );
}
