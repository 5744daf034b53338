use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::support::{Project, age, files_below};

/// A chain, and a stage beside it.
const CHAIN: &str = r#"
[variables]
number = 1
[source.raw]
path = "raw.txt"
[stage.first]
inputs  = { raw = "source.raw" }
params  = { number = "$number" }
outputs = { o = "o.txt" }
command = "echo first >> ~/log; cat {inputs.raw} > {outputs.o}; echo {params.number} >> {outputs.o}"
[stage.second]
grid.axes = { x = ["a", "b c"] }
inputs  = { o = "first.o" }
params  = { x = "$x" }
outputs = { d = "d/" }
command = "echo second >> ~/log; cat {inputs.o} > {outputs.d}/x; echo {params.x} > {outputs.d}/y"
[stage.beside]
params  = { number = "$number" }
outputs = { o = "o.txt" }
command = "echo beside >> ~/log; echo {params.number} > {outputs.o}"
"#;

fn chain() -> Project {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "raw\n");
    project.ok("run");
    assert_eq!(project.ran(), ["beside", "first", "second", "second"]);
    project
}

#[test]
fn a_listing_tells_what_the_records_are_of() {
    let project = chain();
    let output = project.osteon("cache ls").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stdout
    what               key            size  used  pinned
    'beside'           b3e4b6ae62ee    2 B   now
    'first'            c144dc3b5f3c    6 B   now
    'second[x=a]'      550632bc7416  251 B   now
    'second[x=b%20c]'  bbb1f9058fac  253 B   now
    ── stderr
    4 records with 500 B of objects
    ");
    fs::remove_dir_all(project.path("cache/runs")).unwrap();
    for record in files_below(&project.path("cache/records")) {
        age(&record, 3);
    }
    let output = project.osteon("cache ls").ok();
    assert_snapshot!(output.stdout(), @"
    what                                                 key            size  used  pinned
    echo beside >> ~/log; echo {params.number} > {outp…  b3e4b6ae62ee    2 B   3 d
    echo first >> ~/log; cat {inputs.raw} > {outputs.o…  c144dc3b5f3c    6 B   3 d
    echo second >> ~/log; cat {inputs.o} > {outputs.d}…  550632bc7416  251 B   3 d
    echo second >> ~/log; cat {inputs.o} > {outputs.d}…  bbb1f9058fac  253 B   3 d
    ");
}

#[test]
fn a_listing_can_be_read_by_programs() {
    let project = chain();
    project.ok("cache pin beside");
    let output = project.osteon("cache ls --json").ok();
    let lines: Vec<Json> = output.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(ids, ["beside", "first", "second[x=a]", "second[x=b%20c]"]);
    assert_eq!((&lines[0]["pinned"], &lines[1]["pinned"]), (&Json::Bool(true), &Json::Bool(false)));
    assert_eq!(lines[0]["bytes"], 2);
}

#[test]
fn a_listing_of_nothing_is_empty() {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "raw\n");
    assert_snapshot!(project.osteon("cache ls").ok().text(), @"
    exit 0
    ── stdout
    what  key  size  used  pinned
    ── stderr
    0 records with 0 B of objects
    ");
    assert_snapshot!(project.osteon("cache pin").ok().text(), @"
    exit 0
    ── stdout
    pin  profile  records  size  pinned
    ");
}

#[test]
fn a_pin_keeps_a_result_with_all_that_it_was_made_from() {
    let project = chain();
    let output = project.osteon("cache pin second[x=a]").ok();
    assert_snapshot!(output.text(), @"
    exit 0
    ── stderr
    pinned 'second[x=a]': 2 records
    ");
    project.ok("run -S number=2");
    let _ = project.ran();
    project.ok("cache gc --keep-runs 1 --grace 0s");
    assert_snapshot!(project.osteon("cache pin").ok().stdout(), @"
    pin            profile  records   size  pinned
    'second[x=a]'                 2  251 B     now
    ");
    project.ok("run");
    assert_eq!(project.ran(), ["beside", "second"], "the other cell, and what is beside the chain");
    project.ok("cache unpin second[x=a]");
    project.ok("cache gc --max-size 0B --grace 0s");
    assert!(files_below(&project.path("cache/objects")).is_empty());
}

#[test]
fn a_pin_says_for_itself_what_it_keeps() {
    let project = chain();
    project.ok("cache pin second -S number=1");
    project.ok("cache pin second -S number=1");
    let [pin] = files_below(&project.path("cache/pins")).try_into().unwrap();
    let pin: Json = serde_json::from_str(&fs::read_to_string(pin).unwrap()).unwrap();
    assert_eq!(pin["pin"]["target"], "second");
    assert_eq!(pin["pin"]["settings"][0], "number=1");
    let units: Vec<&String> = pin["pin"]["keys"].as_object().unwrap().keys().collect();
    assert_eq!(units, ["first", "second[x=a]", "second[x=b%20c]"]);
}

#[test]
fn two_pins_of_one_name_keep_what_each_was_made_for() {
    let project = chain();
    project.ok("cache pin beside");
    project.ok("run -S number=2");
    project.ok("cache pin beside -S number=2");
    project.ok("cache gc --max-size 0B --grace 0s");
    let _ = project.ran();
    project.ok("run beside -S number=2");
    project.ok("run beside");
    assert!(project.ran().is_empty());
    let output = project.osteon("cache unpin beside").ok();
    assert_snapshot!(output.stderr(), @"
    unpinned 'beside': 1 record
    unpinned 'beside': 1 record
    ");
}

#[test]
fn what_is_not_there_cannot_be_pinned() {
    let project = chain();
    assert_snapshot!(project.osteon("cache pin second -S number=2").exits(2).stderr(), @"error: 'second[x=a]' is not fresh, so there is nothing to pin: osteon run 'second[x=a]'");
    let made = fs::canonicalize(project.path("cache/latest/beside/o.txt")).unwrap();
    fs::remove_file(made).unwrap();
    assert_snapshot!(project.osteon("cache pin beside").exits(2).stderr(), @"error: 'beside' has lost what it made, so there is nothing to pin: osteon run 'beside'");
    assert_snapshot!(project.osteon("cache pin nothing").exits(2).stderr(), @"error: the target 'nothing': there is no stage `nothing`; known here: first, second, beside");
    assert!(files_below(&project.path("cache/pins")).is_empty());
}

#[test]
fn a_pin_that_is_not_there_cannot_be_removed() {
    let project = chain();
    project.ok("cache pin beside second");
    assert_snapshot!(project.osteon("cache unpin beside secnd").exits(2).stderr(), @"error: there is no pin 'secnd'; did you mean `second`?");
    assert_eq!(files_below(&project.path("cache/pins")).len(), 2, "none, if one is wrong");
    project.ok("cache unpin beside second");
    assert!(files_below(&project.path("cache/pins")).is_empty());
}

#[test]
fn a_damaged_pin_stops_a_sweep_and_is_told() {
    let project = chain();
    project.ok("cache pin beside");
    let [pin] = files_below(&project.path("cache/pins")).try_into().unwrap();
    let text = fs::read_to_string(&pin).unwrap();
    fs::write(&pin, text.replace("beside", "bexide")).unwrap();
    assert_snapshot!(project.osteon("cache gc --max-size 0B --grace 0s").exits(2).stderr(), @"error: the pin `[PROJECT]/cache/pins/cd7334a68e57.json`: it does not say what it was sealed with: delete it, and pin again what it kept");
    assert_snapshot!(project.osteon("cache verify --repair").exits(5).stdout(), @"[PROJECT]/cache/pins/cd7334a68e57.json: it does not say what it was sealed with: delete it, and pin again what it kept");
    assert!(pin.exists(), "what it kept is for its owner to say");
}

#[test]
fn a_pin_of_another_project_is_respected_in_a_shared_cache() {
    let (one, two) =
        (chain(), Project::new("[stage.a]\noutputs = { o = \"o\" }\ncommand = \"echo > {outputs.o}\"\n"));
    let cache = tempfile::tempdir().unwrap();
    let osteon = |project: &Project, line: &str| {
        let mut command = project.command();
        command.args(line.split(' ')).env("OSTEON_CACHE", cache.path());
        project.spawn(command).wait()
    };
    let _ = osteon(&one, "run").ok();
    let _ = osteon(&one, "cache pin beside").ok();
    let _ = osteon(&two, "run").ok();
    let _ = osteon(&two, "cache gc --max-size 0B --grace 0s").ok();
    let _ = osteon(&two, "cache unpin beside").exits(2);
    let _ = one.ran();
    let _ = osteon(&one, "run beside").ok();
    assert!(one.ran().is_empty());
    assert!(osteon(&two, "cache pin").ok().stdout().contains("'beside'  of /"));
    let _ = osteon(&one, "cache unpin beside").ok();
}

#[test]
fn a_pin_keeps_what_it_was_made_from_though_that_is_made_anew_with_other_bytes() {
    let project = Project::new(
        r#"
[stage.dice]
outputs = { o = "o.txt", d = "d/" }
command = "date +%s%N > {outputs.o}; cp {outputs.o} {outputs.d}/x; echo >> {outputs.d}/x"
[stage.kept]
inputs  = { dice = "dice.o", folder = "dice.d" }
outputs = { o = "o.txt" }
command = "cat {inputs.dice} {inputs.folder}/x > {outputs.o}; echo kept >> {outputs.o}"
"#,
    );
    project.ok("run");
    project.ok("cache pin kept");
    let pinned = files_below(&project.path("cache/objects"));
    project.ok("run -B");
    project.ok("cache gc --max-size 1B --grace 0s");
    let left = files_below(&project.path("cache/objects"));
    assert!(pinned.iter().all(|object| left.contains(object)), "{pinned:?} {left:?}");
    project.ok("cache unpin kept");
    project.ok("cache gc --max-size 1B --grace 0s");
    assert!(files_below(&project.path("cache/objects")).is_empty());
}
