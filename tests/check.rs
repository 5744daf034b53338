use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;
use osteon::key::Key;
use osteon::store::{Record, Store};
use serde_json::Value as Json;

use crate::support::{Output, Project, damage, files_below};

/// Stages whose outputs hang on how often they ran; one that reads them, and always makes the same.
const COUNTS: &str = r#"
[stage.text]
outputs = { o = "o.txt" }
command = """
echo text >> ~/log
printf 'one\\ntwö %s\\n' $(grep -c text ~/log) > {outputs.o}
"""
[stage.binary]
outputs = { o = "deep/o.bin" }
command = "echo binary >> ~/log; printf \"a\\\\000b$(grep -c binary ~/log)\" > {outputs.o}"
[stage.folder]
outputs = { d = "d/" }
command = """
echo folder >> ~/log
echo same > {outputs.d}/a.txt
mkdir {outputs.d}/in
grep -c folder ~/log > {outputs.d}/in/b.txt
"""
[stage.same]
inputs  = { text = "text.o", folder = "folder.d" }
outputs = { o = "o.txt" }
command = "echo same >> ~/log; cat {inputs.text} {inputs.folder}/in/b.txt > {outputs.o}"
"#;

fn counts() -> Project {
    let project = Project::new(COUNTS);
    project.ok("run");
    assert_eq!(project.ran_in_order().len(), 4);
    // The notes go on where the run left them.
    fs::write(project.note("log"), "text\nbinary\nfolder\nsame\n").unwrap();
    project
}

/// Returns stderr with the folder of what was kept named by its role.
fn said(output: &Output) -> String {
    let text = output.stderr();
    let Some(folder) = kept(&text) else { return text };
    text.replace(&*folder.to_string_lossy(), "[KEPT]")
}

/// Returns the folder that differing files were kept in.
fn kept(text: &str) -> Option<PathBuf> {
    let (before, after) = text.split_once("osteon-check-")?;
    let begin = before.rfind([' ', '\'']).map_or(0, |at| at + 1);
    let end = after.find('/')?;
    Some(PathBuf::from(format!("{}osteon-check-{}", &before[begin..], &after[..end])))
}

/// Returns every file of the cache with its bytes.
fn listing(project: &Project) -> Vec<(PathBuf, Vec<u8>)> {
    let read = |path: PathBuf| {
        let link = fs::read_link(&path).map(|target| target.into_os_string().into_encoded_bytes());
        let bytes = link.unwrap_or_else(|_| fs::read(&path).unwrap());
        (path, bytes)
    };
    files_below(&project.path("cache")).into_iter().map(read).collect()
}

#[test]
fn what_makes_the_same_again_is_equal() {
    let project = counts();
    assert_snapshot!(project.osteon("check same").ok().text(), @"
    exit 0
    ── stderr
    rebuilt  'same' in [TIME]
    checked 1 unit, all equal in [TIME]
    ");
    assert_eq!(project.ran().last().unwrap(), "text", "and what is upstream of it is not made again");
}

#[test]
fn the_first_difference_of_a_text_is_told_by_line_and_column() {
    let project = counts();
    let output = project.osteon("check text").exits(4);
    assert_snapshot!(said(&output), @r#"
    rebuilt  'text' in [TIME]
    error: 'text' differs from its record: output `o` at line 2, column 5 (byte 9)
        recorded  31 0a                    "1\n"
        rebuilt   32 0a                    "2\n"
      both are kept: diff [KEPT]/text/recorded/o.txt [KEPT]/text/rebuilt/o.txt
    checked 1 unit, 1 differs in [TIME]
    "#);
}

#[test]
fn the_first_difference_of_other_bytes_is_told_by_its_offset() {
    let project = counts();
    let output = project.osteon("check binary").exits(4);
    assert_snapshot!(said(&output), @r#"
    rebuilt  'binary' in [TIME]
    error: 'binary' differs from its record: output `o` at byte 3
        recorded  31                       "1"
        rebuilt   32                       "2"
      both are kept: diff [KEPT]/binary/recorded/deep/o.bin [KEPT]/binary/rebuilt/deep/o.bin
    checked 1 unit, 1 differs in [TIME]
    "#);
}

#[test]
fn a_folder_tells_which_file_differs() {
    let project = counts();
    let output = project.osteon("check folder").exits(4);
    assert_snapshot!(said(&output), @r#"
    rebuilt  'folder' in [TIME]
    error: 'folder' differs from its record: output `d`, file in/b.txt at line 1, column 1 (byte 0)
        recorded  31 0a                    "1\n"
        rebuilt   32 0a                    "2\n"
      both are kept: diff [KEPT]/folder/recorded/d/in/b.txt [KEPT]/folder/rebuilt/d/in/b.txt
    checked 1 unit, 1 differs in [TIME]
    "#);
    let folder = kept(&output.stderr()).unwrap();
    assert_eq!(fs::read_to_string(folder.join("folder/recorded/d/in/b.txt")).unwrap(), "1\n");
    assert_eq!(fs::read_to_string(folder.join("folder/rebuilt/d/in/b.txt")).unwrap(), "2\n");
}

#[test]
fn a_file_that_only_one_of_two_folders_has_is_named() {
    let project = Project::new(
        r#"
[stage.less]
outputs = { d = "d/" }
command = "cd {outputs.d}; echo > a; echo > z; test -e ~/again || echo > b"
[stage.more]
outputs = { d = "d/" }
command = "cd {outputs.d}; echo > a; echo > z; test -e ~/again && echo > b; true"
[stage.link]
outputs = { d = "d/" }
command = "cd {outputs.d}; echo > a; test -e ~/again && ln -s a b || echo > b"
[stage.program]
outputs = { o = "o.sh" }
command = "echo > {outputs.o}; test -e ~/again || chmod +x {outputs.o}"
"#,
    );
    project.ok("run");
    project.leave("again");
    let output = project.osteon("check -j1").exits(4);
    let errors: Vec<String> =
        output.stderr().lines().filter(|line| line.starts_with("error")).map(str::to_owned).collect();
    assert_snapshot!(errors.join("\n"), @"
    error: 'less' differs from its record: output `d`, file b was made then, and is not made now
    error: 'more' differs from its record: output `d`, file b is made now, and was not made then
    error: 'link' differs from its record: output `d`, file b is a link in one of them, or points elsewhere
    error: 'program' differs from its record: output `o` may be executed in one of them, with the same bytes
    ");
}

#[test]
fn a_check_of_everything_compares_each_stage_with_its_own_record() {
    let project = counts();
    let output = project.osteon("check").exits(4);
    let stderr = output.stderr();
    for id in ["text", "binary", "folder"] {
        assert!(stderr.contains(&format!("error: '{id}' differs")), "{stderr}");
    }
    assert!(!stderr.contains("error: 'same'"), "it read what is recorded, not what was just made: {stderr}");
    assert!(stderr.ends_with("checked 4 units, 3 differ in [TIME]\n"), "{stderr}");
}

#[test]
fn a_check_changes_nothing_of_the_cache() {
    let project = counts();
    let before = listing(&project);
    for line in ["check", "check same", "check text --times 2"] {
        let _ = project.osteon(line);
        assert!(listing(&project) == before, "{line}");
    }
    project.ran();
    project.ok("run");
    assert!(project.ran().is_empty(), "all is as fresh as before");
}

#[test]
fn several_times_find_what_one_time_misses() {
    let project = Project::new(
        r#"
[stage.rare]
outputs = { o = "o.txt" }
command = "echo rare >> ~/log; test $(wc -l < ~/log) -lt 3; echo $? > {outputs.o}"
"#,
    );
    project.ok("run");
    project.ok("check");
    fs::write(project.note("log"), "rare\n").unwrap();
    let output = project.osteon("check --times 5").exits(4);
    let rebuilt: Vec<String> =
        output.stderr().lines().filter(|line| line.starts_with("rebuilt")).map(str::to_owned).collect();
    assert_eq!(rebuilt, ["rebuilt  'rare' (1 of 5) in [TIME]", "rebuilt  'rare' (2 of 5) in [TIME]"]);
    assert_eq!(project.ran().len(), 3, "what differed once is not made again");
}

#[test]
fn what_is_not_fresh_is_refused_by_name() {
    let project = counts();
    project.edit("echo same >> ~/log", "echo other >> ~/log");
    assert_snapshot!(project.osteon("check").exits(3).text(), @"
    exit 3
    ── stderr
    error: 'same' is not fresh: there is no record to compare with: osteon run 'same' first
    ");
    assert_eq!(project.ran().len(), 4, "nothing was made");
    project.edit("grep -c folder ~/log", "grep -c folde ~/log");
    let output = project.osteon("check same").exits(3);
    assert!(output.stderr().contains("error: 'same' is not fresh"), "{}", output.stderr());
    let _equal = project.osteon("check text").ok();
    assert_eq!(project.ran(), ["text"], "the others can be checked");
}

#[test]
fn what_is_damaged_is_refused_by_name() {
    let project = counts();
    let text = project.path("cache/latest/text/o.txt").canonicalize().unwrap();
    damage(&text);
    assert_snapshot!(project.osteon("check text").exits(3).stderr(), @"
    error: 'text' lacks artifacts, gone from the cache or damaged: osteon run 'text' first
    ");
    let reader = project.osteon("check same").exits(3);
    assert!(reader.stderr().contains("error: 'text' lacks artifacts"), "{}", reader.stderr());
    project.ok("run");
}

#[test]
fn a_stage_that_fails_now_ends_with_1_and_shows_its_log() {
    let project = Project::new(
        r#"
[stage.a]
outputs = { o = "o.txt" }
command = "echo one; echo two; test ! -e ~/again; echo > {outputs.o}"
[stage.b]
inputs  = { a = "a.o" }
outputs = { o = "o.txt" }
command = "cp {inputs.a} {outputs.o}"
"#,
    );
    project.edit("test ! -e ~/again; echo", "test ! -e ~/again && echo");
    project.ok("run");
    project.leave("again");
    assert_snapshot!(project.osteon("check -j1").exits(1).text(), @"
    exit 1
    ── stderr
    failed   'a': it ended with exit code 1
        one
        two
    rebuilt  'b' in [TIME]
    checked 2 units, 1 failed in [TIME]
    ");
    let json = project.osteon("check a --json").exits(1);
    let json: Json = serde_json::from_str(json.stdout()).unwrap();
    assert_eq!((&json["id"], &json["equal"]), (&"a".into(), &Json::Null));
    assert!(
        files_below(&project.path("cache/runs"))
            .iter()
            .all(|path| path.extension().is_none_or(|end| end != "log"))
    );
}

#[test]
fn json_has_a_line_for_each_unit() {
    let project = counts();
    let output = project.osteon("check --json -j1").exits(4);
    assert!(output.stderr().ends_with("checked 4 units, 3 differ in [TIME]\n"), "{}", output.stderr());
    let mut lines: Vec<Json> =
        output.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["id"].to_string());
    let show = |line: &Json| {
        assert_eq!(line["reason"], "stage-checked");
        assert_eq!(line["key"].as_str().unwrap().len(), 64);
        format!("{} {} {} {} {}", line["id"], line["equal"], line["port"], line["file"], line["offset"])
    };
    assert_snapshot!(lines.iter().map(show).collect::<Vec<_>>().join("\n"), @r#"
    "binary" false "o" null 3
    "folder" false "d" "in/b.txt" 0
    "same" true null null null
    "text" false "o" null 9
    "#);
}

#[test]
fn a_kind_is_checked_as_a_command_is_and_cells_with_one_key_are_one_piece_of_work() {
    let project = Project::new(
        r#"
[source.table]
path = "table.csv"
[stage.kind]
kind   = "copy"
inputs = { from = "source.table" }
[stage.twin]
outputs = { o = "o.txt" }
command = "echo twin >> ~/log; grep -c twin ~/log > {outputs.o}"
[stage.brother]
outputs = { o = "o.txt" }
command = "echo twin >> ~/log; grep -c twin ~/log > {outputs.o}"
"#,
    );
    project.write("table.csv", "1\n");
    project.ok("run");
    let output = project.osteon("check -j1").exits(4);
    assert!(output.stderr().contains("checked 3 units, 2 differ"), "{}", output.stderr());
    assert_eq!(project.ran(), ["copy", "copy", "twin", "twin"], "each once more");
}

#[test]
fn a_record_of_another_processor_is_named() {
    let project = counts();
    let same = project.osteon("check text").exits(4);
    assert!(!same.stderr().contains("model of processor"), "{}", same.stderr());
    let status = project.osteon("status text --json").ok();
    let status: Json = serde_json::from_str(status.stdout()).unwrap();
    let key = Key(status["key"].as_str().unwrap().parse().unwrap());
    let store = Store::look(&project.path("cache"));
    let record = store.record(&key).unwrap();
    store.publish(&key, &Record { processor: "Abacus 1000".to_owned(), ..record }).unwrap();
    let other = project.osteon("check text").exits(4).stderr();
    assert!(other.contains("made on another model of processor: Abacus 1000; this is "), "{other}");
    let equal = project.osteon("check same").ok().stderr();
    assert!(!equal.contains("model of processor"), "{equal}");
}

#[test]
fn a_table_is_compared_by_a_tool_of_the_stages() {
    let project = Project::new(
        "[stage.t]\noutputs = { o = \"o.parquet\" }\ncommand = \"echo t >> ~/log; wc -l < ~/log > {outputs.o}\"\n",
    );
    project.ok("run");
    let output = project.osteon("check").exits(4);
    assert_snapshot!(said(&output), @r#"
    rebuilt  't' in [TIME]
    error: 't' differs from its record: output `o` at line 1, column 1 (byte 0)
        recorded  31 0a                    "1\n"
        rebuilt   32 0a                    "2\n"
        row 0, column "n": 1 recorded, 2 now
      both are kept: diff [KEPT]/t/recorded/o.parquet [KEPT]/t/rebuilt/o.parquet
    checked 1 unit, 1 differs in [TIME]
    "#);
    assert!(kept(&output.stderr()).unwrap().join("t/rebuilt/o.parquet").exists());
}
