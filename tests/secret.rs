use crate::support::{Project, files_below};

#[test]
fn of_a_value_of_many_lines_no_line_reaches_a_log() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQEF\n-----END KEY-----\n";
    let project = Project::new(
        r#"
[stage.a]
env     = ["PEM"]
outputs = { o = "o.txt" }
command = "printf '%s' \"$PEM\" | sed 's/^/    /'; echo using $PEM; date > {outputs.o}"
"#,
    );
    let mut command = project.command();
    command.args(["run", "--message-format", "json"]).env("PEM", key);
    let said = project.spawn(command).wait().ok().text();
    let log = project.osteon("log a").ok().text();
    assert!(log.contains("    [PEM]\n    [PEM]\n"), "{log}");
    for part in key.split_whitespace().filter(|part| part.len() > 6) {
        assert!(!said.contains(part) && !log.contains(part), "{part}");
        for file in files_below(&project.path("cache")) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(part), "{}", file.display());
        }
    }
}

#[test]
fn the_digest_of_a_value_is_nowhere() {
    let project = Project::new(
        r#"
[stage.a]
env     = ["PIN"]
outputs = { o = "o.txt" }
command = "test -n \"$PIN\" && echo > {outputs.o}"
"#,
    );
    let mut command = project.command();
    command.arg("run").env("PIN", "4711");
    let _made = project.spawn(command).wait().ok();
    let digest = contract::Digest::of(b"4711").short();
    for file in files_below(&project.path("cache")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&digest), "{}", file.display());
        assert!(!file.display().to_string().contains(&digest), "{}", file.display());
    }
}
