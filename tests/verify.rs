use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::support::{Project, damage, edit_index, eventually, files_below};

const CHAIN: &str = r#"
[source.raw]
path = "raw.txt"
[stage.file]
inputs  = { raw = "source.raw" }
outputs = { o = "o.txt" }
command = "echo talk; cat {inputs.raw} > {outputs.o}"
[stage.folder]
grid.axes = { x = [1] }
params  = { x = "$x" }
inputs  = { o = "file.o" }
outputs = { d = "d/" }
command = "sed s/^/{params.x}/ {inputs.o} > {outputs.d}/x; echo true > {outputs.d}/tool; chmod +x {outputs.d}/tool"
[stage.number]
inputs  = { d = "folder[x=1].d" }
outputs = { n = "n.txt" }
command = "cat {inputs.d}/* | wc -l > {outputs.n}"
"#;

fn chain() -> Project {
    let project = Project::new(CHAIN);
    project.write("raw.txt", "some text\n");
    project.ok("run");
    project
}

/// Returns the object that a name in `latest` leads to.
fn object(project: &Project, file: &str) -> PathBuf {
    fs::canonicalize(project.path(format!("cache/latest/{file}"))).unwrap()
}

/// Returns the record of the stage whose command contains `text`.
fn record(project: &Project, text: &str) -> PathBuf {
    let records = files_below(&project.path("cache/records"));
    records.into_iter().find(|path| fs::read_to_string(path).unwrap().contains(text)).unwrap()
}

/// Returns what lies in the cache, by name.
fn held(project: &Project) -> Vec<PathBuf> {
    ["objects", "trees", "latest"]
        .into_iter()
        .flat_map(|folder| files_below(&project.path("cache").join(folder)))
        .collect()
}

/// Harms a cache; returns what is told of it, after it was repaired and a run brought everything back.
fn told(harm: impl Fn(&Project)) -> String {
    let project = chain();
    let before = held(&project);
    harm(&project);
    let harmed = held(&project);
    let output = project.osteon("cache verify").exits(5);
    assert_eq!(held(&project), harmed, "nothing is repaired unasked");
    let told = output.stdout().to_owned();
    assert_eq!(told.lines().count(), 1, "{}", output.text());
    let repaired = project.osteon("cache verify --repair").ok();
    assert_eq!(repaired.stdout(), told.replace('\n', "; repaired\n"));
    let _ = project.osteon("cache verify").ok();
    project.ok("run");
    assert_eq!(held(&project), before);
    assert_eq!(project.read("cache/latest/number/n.txt").trim(), "2");
    let _ = project.osteon("cache verify").ok();
    told
}

fn write(path: &Path, text: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_cache_that_is_well_is_read_and_nothing_is_told() {
    let output = chain().osteon("cache verify").ok();
    assert_eq!(output.stdout(), "");
    let all = "3 records, 6 objects, 1 laid-out folder, 3 links of latest";
    assert!(
        output.stderr().contains(all) && output.stderr().ends_with("nothing is damaged\n"),
        "{}",
        output.text()
    );
    let nothing = Project::new("");
    assert_snapshot!(nothing.osteon("cache verify --repair").ok().stderr(), @"
    read 0 B: 0 records, 0 objects, 0 laid-out folders, 0 links of latest, 0 files of the index
    nothing is damaged
    ");
    assert!(!nothing.path("cache").exists());
}

#[test]
fn a_flipped_bit_is_found() {
    assert_snapshot!(told(|project| damage(&object(project, "file/o.txt"))), @"[PROJECT]/cache/objects/36/c1b41ebea3b6a447c4ff24af93dfa56834c4f7947e3b4f9bf02fbfd6a53850: `o` of 'file': its bytes are not those of its name");
}

#[test]
fn a_flipped_bit_that_the_index_cannot_see_is_found() {
    let told = told(|project| {
        let path = object(project, "file/o.txt");
        damage(&path);
        // As if the disk had done it: the index knows the file as it is now.
        let stamp = |path: &Path| {
            use std::os::unix::fs::MetadataExt;
            let m = fs::metadata(path).unwrap();
            let nanos = |s: i64, n: i64| i128::from(s) * 1_000_000_000 + i128::from(n);
            let (written, changed) = (nanos(m.mtime(), m.mtime_nsec()), nanos(m.ctime(), m.ctime_nsec()));
            format!("{} {} {} {written} {changed}", m.dev(), m.ino(), m.len())
        };
        let name = path.to_str().unwrap().to_owned();
        edit_index(project, |line| match line.strip_suffix(&name) {
            Some(line) => format!("{} {} {name}", &line[..66], stamp(&path)),
            None => line.to_owned(),
        });
        assert!(project.read("cache/index").contains(&stamp(&path)));
    });
    assert!(told.contains("its bytes are not those of its name"));
}

#[test]
fn an_object_that_was_cut_short_is_found() {
    assert_snapshot!(told(|project| write(&object(project, "folder/x=1/d/x"), "1some")), @"[PROJECT]/cache/objects/ad/18795953323f8fd79f4317b3e6e7ab696788e2a7ec21c714c043097cecfe72: `x` in `d` of 'folder[x=1]': it is cut short: 5 of 11 bytes are left");
    assert_snapshot!(told(|project| write(&object(project, "number/n.txt"), "")), @"[PROJECT]/cache/objects/b9/a1a3183dd350f0e896d0f4b59c87e7bda8b1ed3a1af76afc86c1cb8f7cbbde: `n` of 'number': it is cut short: 0 of 2 bytes are left");
}

#[test]
fn a_log_that_was_changed_is_found() {
    let log = |project: &Project| {
        let objects = files_below(&project.path("cache/objects"));
        objects.into_iter().find(|path| fs::read_to_string(path).unwrap() == "talk\n").unwrap()
    };
    let project = chain();
    damage(&log(&project));
    assert_snapshot!(project.osteon("cache verify --repair").ok().stdout(), @"[PROJECT]/cache/objects/a7/e90873e329bdeff1c6e16b7e1ac09595fdb2480c99a8b182e1a9a24798a24a: what 'file' printed: its bytes are not those of its name; repaired");
}

#[test]
fn a_planted_link_is_found_though_it_leads_to_the_same_bytes() {
    assert_snapshot!(
        told(|project| {
            let path = object(project, "file/o.txt");
            fs::remove_file(&path).unwrap();
            symlink(project.path("raw.txt"), path).unwrap();
        }),
        @"[PROJECT]/cache/objects/36/c1b41ebea3b6a447c4ff24af93dfa56834c4f7947e3b4f9bf02fbfd6a53850: `o` of 'file': it is a link to `[PROJECT]/raw.txt`, and the cache holds plain files"
    );
}

#[test]
fn a_folder_of_the_cache_that_is_a_link_is_found_and_not_followed() {
    let told = told(|project| {
        let elsewhere = project.note("elsewhere");
        let folder = object(project, "file/o.txt").parent().unwrap().to_owned();
        fs::rename(&folder, &elsewhere).unwrap();
        symlink(elsewhere, folder).unwrap();
    });
    assert!(told.ends_with(": it is no folder of the cache\n"), "{told}");
}

#[test]
fn a_folder_in_the_place_of_an_object_is_found() {
    let told = told(|project| {
        let path = object(project, "file/o.txt");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "x").unwrap();
    });
    assert!(told.ends_with("`o` of 'file': it is no plain file\n"), "{told}");
}

#[test]
fn a_name_that_is_no_digest_is_found() {
    assert_snapshot!(told(|project| project.write("cache/objects/ab/cd", "x")), @"[PROJECT]/cache/objects/ab/cd: its name is no digest");
}

#[test]
fn a_record_that_was_cut_short_is_found() {
    assert_snapshot!(
        told(|project| {
            let path = record(project, "| wc -l");
            let text = fs::read_to_string(&path).unwrap();
            write(&path, &text[..100]);
        }),
        @"[PROJECT]/cache/records/fc/c1085ee89f9c5dd805df45e72807b2b7256adfad310ee6f90bba04d3f95bc8.json: the record of 'number': it is cut short or overwritten: EOF while parsing a string at line 1 column 100"
    );
}

#[test]
fn a_record_that_says_something_else_is_found() {
    assert_snapshot!(
        told(|project| {
            let path = record(project, "| wc -l");
            let text = fs::read_to_string(&path).unwrap();
            write(&path, &text.replace("\"private\":false", "\"private\":true"));
        }),
        @"[PROJECT]/cache/records/fc/c1085ee89f9c5dd805df45e72807b2b7256adfad310ee6f90bba04d3f95bc8.json: the record of 'number': it is not what it was sealed as, or the record of another key"
    );
}

#[test]
fn a_folder_that_was_written_into_is_found() {
    let tree = |project: &Project| fs::canonicalize(project.path("cache/latest/folder/x=1/d")).unwrap();
    assert_snapshot!(told(|project| fs::write(tree(project).join("more"), "x").unwrap()), @"[PROJECT]/cache/trees/0c/432faf5a8c7fbba8520e47d52bd6934a75aace6e5d6d153265b93280c1a70c: `d` of 'folder[x=1]': it is not what was laid out: something in it was changed");
    let flipped = told(|project| damage(&tree(project).join("tool")));
    assert!(flipped.contains("something in it was changed"), "{flipped}");
}

#[test]
fn a_link_of_latest_that_leads_elsewhere_is_found() {
    assert_snapshot!(
        told(|project| {
            fs::remove_file(project.path("cache/latest/file/o.txt")).unwrap();
            symlink("../../../raw.txt", project.path("cache/latest/file/o.txt")).unwrap();
        }),
        @"[PROJECT]/cache/latest/file/o.txt: `file/o.txt`: it leads to `../../../raw.txt`, which is no artifact of this cache"
    );
    let told = told(|project| write(&project.path("cache/latest/file/o.txt"), "by hand"));
    assert!(told.ends_with("`file/o.txt`: it is no link to an artifact\n"), "{told}");
}

#[test]
fn an_index_that_lies_is_found() {
    let project = chain();
    let name = object(&project, "file/o.txt");
    let is_ours = |line: &&str| line.ends_with(name.to_str().unwrap());
    let index = project.read("cache/index");
    let digest = &index.lines().find(is_ours).unwrap()[2..66];
    edit_index(&project, |line| match line.strip_prefix("f ") {
        Some(file) => format!("f {}", file.replace(digest, &"0".repeat(64))),
        None => line.to_owned(),
    });
    let output = project.osteon("cache verify").exits(5);
    assert_snapshot!(output.stdout(), @"[PROJECT]/cache/objects/36/c1b41ebea3b6a447c4ff24af93dfa56834c4f7947e3b4f9bf02fbfd6a53850: the index has another digest for these bytes");
    let _ = project.osteon("cache verify --repair").ok();
    let _ = project.osteon("cache verify").ok();
    assert!(!project.read("cache/index").contains(&"0".repeat(64)));
}

#[test]
fn the_index_does_not_tell_the_names_of_sources() {
    let project = Project::new(&CHAIN.replace("raw.txt", "Doe^Jane.txt"));
    project.write("Doe^Jane.txt", "some text\n");
    let lines = || project.read("cache/index").lines().filter(|line| line.starts_with("f ")).count();
    project.ok("run");
    let without = lines();
    // A source that was only just written is not trusted to the index.
    eventually("it is known", || {
        project.ok("run");
        lines() > without
    });
    assert!(!project.read("cache/index").contains("Doe"));
}

#[test]
fn an_index_that_says_other_things_than_a_record_is_found() {
    let project = chain();
    let other = "0".repeat(64);
    edit_index(&project, |line| match line.strip_prefix("r ") {
        Some(record) => format!("r {} {other} 1", record.rsplitn(3, ' ').last().unwrap()),
        None => line.to_owned(),
    });
    let output = project.osteon("cache verify").exits(5);
    assert_snapshot!(output.stdout(), @"[PROJECT]/cache/index: it says other things than the records");
    let _ = project.osteon("cache verify --repair").ok();
    let _ = project.osteon("cache verify").ok();
}

#[test]
fn an_index_that_was_torn_is_found_and_used_by_nobody() {
    let project = chain();
    let index = project.read("cache/index");
    project.write("cache/index", &index[..index.len() / 2]);
    let output = project.osteon("cache verify").exits(5);
    assert_snapshot!(output.stdout(), @"[PROJECT]/cache/index: its lines are not those that were sealed");
    project.ok("run");
    assert!(project.ran().is_empty());
    let _ = project.osteon("cache verify").ok();
}

#[test]
fn an_object_that_is_gone_is_told_and_is_no_damage() {
    let project = chain();
    let before = held(&project);
    fs::remove_file(object(&project, "file/o.txt")).unwrap();
    let output = project.osteon("cache verify").ok();
    let told: Vec<String> = output.stderr().lines().skip(1).map(str::to_owned).collect();
    assert_snapshot!(told.join("\n"), @"
    without all of its objects, which is no damage, since what is gone is made again when needed: 1 record: 'file'
    nothing is damaged
    ");
    project.ok("run");
    assert_eq!(held(&project), before);
}

#[test]
fn several_damages_are_told_at_once_and_repaired_at_once() {
    let project = chain();
    let before = held(&project);
    damage(&object(&project, "file/o.txt"));
    damage(&object(&project, "folder/x=1/d/x"));
    write(&record(&project, "| wc -l"), "");
    let output = project.osteon("cache verify").exits(5);
    assert_eq!(output.stdout().lines().count(), 3);
    assert!(output.stderr().ends_with("3 damages: osteon cache verify --repair, then osteon run\n"));
    let _ = project.osteon("cache verify --repair").ok();
    project.ok("run");
    assert_eq!(held(&project), before);
}

#[test]
fn a_cache_is_read_beside_a_run_and_not_repaired() {
    let project = Project::new("[stage.a]\nkind = \"block\"\nparams = { name = \"a\" }\n");
    let run = project.start("run");
    eventually("it runs", || project.note("running-a").exists());
    let _ = project.osteon("cache verify").ok();
    let _ = project.osteon("cache verify --repair").exits(2);
    project.leave("go");
    let _ = run.wait().ok();
}
