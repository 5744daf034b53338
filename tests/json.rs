use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::support::{Events, Project};

const MANIFEST: &str = r#"
[stage.a]
outputs = { o = "o.txt" }
needs   = { retries = 1 }
command = "echo a >> ~/tries; test $(wc -l < ~/tries) = 2 && echo a > {outputs.o}"
[stage.b]
inputs  = { a = "a.o" }
outputs = { o = "o.txt" }
command = "echo said; exit 3"
[stage.c]
inputs  = { b = "b.o" }
outputs = { o = "o.txt" }
command = "cat {inputs.b} > {outputs.o}"
"#;

/// Returns the events, a line each, with what differs from run to run replaced by what it is.
fn lines(events: &Events) -> String {
    let line = |event: &Json| {
        let mut event = event.clone();
        for (field, value) in event.as_object_mut().unwrap() {
            *value = match (field.as_str(), value.take()) {
                ("seconds", Json::Number(_)) => "[SECONDS]".into(),
                ("run", Json::String(_)) => "[RUN]".into(),
                ("key", Json::String(_)) => "[KEY]".into(),
                (_, other) => other,
            };
        }
        format!("{event}\n")
    };
    events.all().iter().map(line).collect()
}

#[test]
fn every_event_of_a_run_is_a_line() {
    let project = Project::new(MANIFEST);
    let events = project.events("run -k").exits(1);
    assert_snapshot!(lines(&events), @r#"
    {"profile":null,"reason":"run-started","run":"[RUN]"}
    {"attempt":1,"id":"a","key":"[KEY]","reason":"stage-started"}
    {"attempt":2,"id":"a","key":"[KEY]","reason":"stage-started"}
    {"id":"a","key":"[KEY]","outcome":"executed","outputs":{"o":"81c4b7f7e0549f1514e9cae97cf40cf133920418d3dc71bedbf60ec9bd6148cb"},"reason":"stage-finished","seconds":"[SECONDS]"}
    {"attempt":1,"id":"b","key":"[KEY]","reason":"stage-started"}
    {"class":"exit","exit":3,"id":"b","key":"[KEY]","message":"it ended with exit code 3\n    said\nits whole log: osteon log 'b'","outcome":"failed","outputs":{},"reason":"stage-finished","seconds":"[SECONDS]"}
    {"id":"c","key":null,"outcome":"skipped","outputs":{},"reason":"stage-finished","seconds":"[SECONDS]"}
    {"cancelled":0,"executed":1,"failed":1,"hit":0,"reason":"run-finished","run":"[RUN]","seconds":"[SECONDS]","skipped":1}
    "#);
    let events = project.events("run a").ok();
    assert_snapshot!(lines(&events), @r#"
    {"profile":null,"reason":"run-started","run":"[RUN]"}
    {"id":"a","key":"[KEY]","outcome":"hit","outputs":{"o":"81c4b7f7e0549f1514e9cae97cf40cf133920418d3dc71bedbf60ec9bd6148cb"},"reason":"stage-finished","seconds":"[SECONDS]"}
    {"cancelled":0,"executed":0,"failed":0,"hit":1,"reason":"run-finished","run":"[RUN]","seconds":"[SECONDS]","skipped":0}
    "#);
}

#[test]
fn a_dry_run_plans_in_lines() {
    let project = Project::new(MANIFEST);
    let events = project.events("run -n").ok();
    assert_snapshot!(lines(&events), @r#"
    {"cause":"never ran","id":"a","key":"[KEY]","plan":"run","reason":"stage-planned"}
    {"cause":"waits for 'a'","id":"b","key":null,"plan":"may-run","reason":"stage-planned"}
    {"cause":"waits for 'b'","id":"c","key":null,"plan":"may-run","reason":"stage-planned"}
    "#);
    project.ok("run a");
    let events = project.events("run -n c").ok();
    assert_snapshot!(lines(&events), @r#"
    {"cause":"","id":"a","key":"[KEY]","plan":"hit","reason":"stage-planned"}
    {"cause":"never ran","id":"b","key":"[KEY]","plan":"run","reason":"stage-planned"}
    {"cause":"waits for 'b'","id":"c","key":null,"plan":"may-run","reason":"stage-planned"}
    "#);
}

#[test]
fn a_run_keeps_its_events() {
    let project = Project::new(MANIFEST);
    let output = project.osteon("run -k --message-format json").exits(1);
    let runs = crate::support::files_below(&project.path("cache/runs"));
    let kept = runs.iter().find(|path| path.ends_with("events.jsonl")).unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), output.stdout());
}

#[test]
fn keys_and_digests_have_64_digits() {
    let project = Project::new(MANIFEST);
    let events = project.events("run a").ok();
    let ended = events.of_unit("stage-finished", "a");
    for digest in [&ended["key"], &ended["outputs"]["o"]] {
        assert_eq!(digest.as_str().unwrap().len(), 64);
        assert!(digest.as_str().unwrap().parse::<contract::Digest>().is_ok());
    }
    assert_eq!(ended["outputs"]["o"], contract::Digest::of(b"a\n").to_string());
    assert!(ended["seconds"].as_f64().unwrap() >= 0.0);
}

#[test]
fn a_run_under_a_profile_names_it() {
    let project = Project::new("default-profile = \"p\"\n[profile.p]\n[profile.q]\n");
    let named = |line: &str| project.events(line).ok().all()[0]["profile"].clone();
    assert_eq!(named("run"), "p");
    assert_eq!(named("run --profile q"), "q");
    assert_eq!(Project::new("").events("run").ok().all()[0]["profile"], Json::Null);
}
