use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use insta::assert_snapshot;

use crate::support::{Mount, NOBODY, Output, Project, eventually, files_below, skip_unless_root};

/// A large file and its size; what each does to the cache on the way is `HARM`.
const CHAIN: &str = r#"
[source.raw]
path = "raw.txt"
[stage.large]
inputs  = { raw = "source.raw" }
outputs = { o = "o.bin" }
command = "echo large >> ~/log && head -c 300000 /dev/zero > {outputs.o} && cat {inputs.raw} >> {outputs.o}"
[stage.size]
inputs  = { o = "large.o" }
outputs = { n = "n.txt" }
command = "echo size >> ~/log && HARM && wc -c < {inputs.o} > {outputs.n}"
"#;

fn chain(harm: &str) -> Project {
    let project = Project::new(&CHAIN.replace("HARM", harm));
    project.write("raw.txt", "a\n");
    project
}

/// Asserts that a run ends well, with nothing left behind and nothing left to do.
fn is_well(project: &Project) {
    project.ok("run");
    assert_eq!(project.read("cache/latest/size/n.txt").trim(), "300002");
    let _ = project.ran();
    project.ok("run");
    assert!(project.ran().is_empty());
    assert_eq!(fs::read_dir(project.path("cache/staging")).unwrap().count(), 0);
}

/// Runs a line of shell in the project; `$0` is the program.
fn shell(project: &Project, line: &str) -> Output {
    let toy = project.command();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).arg(toy.get_program());
    project.spawn(in_place_of(command, &toy, project)).wait()
}

/// Returns a command in the folder and the environment of another.
fn in_place_of(mut command: Command, other: &Command, project: &Project) -> Command {
    command.current_dir(project.path("")).env_clear();
    for (name, value) in other.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

#[test]
fn wherever_a_disk_is_full_what_was_made_is_kept_and_with_room_the_run_goes_on() {
    for size in ["4k", "16k", "32k", "64k", "200k", "292k", "304k", "312k", "320k", "328k", "336k", "400k"] {
        let project = chain("true");
        fs::create_dir(project.path("cache")).unwrap();
        let Some(disk) = Mount::disk(&project.path("cache"), size) else { return };
        let text = project.osteon("run").text();
        let told =
            text.contains("No space left on device") || text.contains("'large': it ended with exit code 1");
        assert!(text.starts_with("exit 0") || told, "{size}: {text}");
        let made = text.contains("executed 'large'");
        let _ = project.ran();
        disk.resize("16m");
        project.ok("run");
        assert!(!made || !project.ran().contains(&"large".to_owned()), "{size}: {text}");
        is_well(&project);
    }
}

#[test]
fn a_cache_that_is_read_only_is_named_with_the_way_out() {
    let project = chain("true");
    project.ok("run");
    let Some(read_only) = Mount::read_only(&project.path("cache")) else { return };
    assert_snapshot!(project.osteon("run").text(), @"
    exit 2
    ── stderr
    error: failed to open file `[PROJECT]/cache/locks/store`: Read-only file system (os error 30); --cache ro only reads the cache, OSTEON_CACHE names another
    ");
    let _ = project.ran();
    project.ok("run --cache ro");
    assert!(project.ran().is_empty());
    assert!(project.osteon("status --exit-code").ok().stdout().contains("fresh"));
    let _looked = project.osteon("run -n").ok();
    let _looked = project.osteon("path size.n").ok();
    drop(read_only);
    project.ok("run");
    assert!(project.ran().is_empty(), "nothing is lost");
    is_well(&project);
}

#[test]
fn a_shared_cache_that_is_read_only_serves_hits() {
    let shared = tempfile::tempdir().unwrap();
    let [maker, reader] = [chain("true"), chain("true")];
    let run = |project: &Project, words: &[&str]| {
        let mut command = project.command();
        command.arg("run").args(words).env("OSTEON_CACHE", shared.path());
        project.spawn(command).wait()
    };
    let _made = run(&maker, &[]).ok();
    let Some(_read_only) = Mount::read_only(shared.path()) else { return };
    assert!(run(&reader, &[]).exits(2).stderr().contains("--cache ro only reads the cache"));
    let _read = run(&reader, &["--cache", "ro"]).ok();
    assert!(reader.ran().is_empty());
}

#[test]
fn a_shared_cache_serves_users_who_may_only_read_it() {
    let shared = tempfile::tempdir().unwrap();
    let [maker, reader] = [chain("true"), chain("true")];
    let mut command = maker.command();
    command.arg("run").env("OSTEON_CACHE", shared.path());
    let _made = maker.spawn(command).wait().ok();
    fs::set_permissions(shared.path(), Permissions::from_mode(0o755)).unwrap();
    let run = |words: &[&str]| {
        let mut command = reader.command_of_nobody()?;
        command.args(words).env("OSTEON_CACHE", shared.path());
        Some(reader.spawn(command).wait())
    };
    let Some(refused) = run(&["run"]) else { return };
    let refused = refused.exits(2).stderr();
    assert!(refused.contains("Permission denied") && refused.contains("--cache ro"), "{refused}");
    let _read = run(&["run", "--cache", "ro"]).map(Output::ok);
    assert!(reader.ran().is_empty());
}

#[test]
fn however_few_files_may_be_open_a_run_ends_well_or_says_so() {
    for limit in 4..=16 {
        let project = chain("true");
        let text = shell(&project, &format!("ulimit -n {limit} && exec \"$0\" run -j4")).text();
        assert!(text.starts_with("exit 0") || text.contains("Too many open files"), "{limit}: {text}");
        is_well(&project);
    }
}

#[test]
fn whichever_folder_of_the_cache_vanishes_during_a_run_the_next_one_ends_well() {
    for folder in
        ["", "objects", "records", "staging", "locks", "trees", "scratch", "runs", "latest", "projects"]
    {
        let project = chain(&format!("(test -e ~/gone || (touch ~/gone && rm -r cache/{folder}))"));
        let text = project.osteon("run").text();
        let said = |what: &str| text.contains(what);
        assert!(
            said("exit 0") || said("exit 1") || (said("exit 2") && said("[PROJECT]/cache/")),
            "{folder}: {text}"
        );
        assert!(!said("panicked"), "{folder}: {text}");
        is_well(&project);
    }
}

#[test]
fn a_cache_that_vanishes_while_many_stages_run_keeps_no_later_run_from_beginning() {
    for harm in ["rm -r cache", "rm -r cache && mkdir -p cache/staging/left"] {
        let project = Project::new(
            "[stage.cell]\ngrid.axes = { x = [1, 2, 3, 4, 5, 6] }\nparams = { x = \"$x\" }\noutputs = { o = \"o.txt\" }\n\
             command = \"echo {params.x} >> ~/log; until test -e ~/go; do sleep 0.01; done; echo {params.x} > {outputs.o}\"\n",
        );
        let run = project.start("run -j3");
        eventually("three run", || {
            project.note("log").exists() && project.read(project.note("log")).lines().count() == 3
        });
        let _vanished = shell(&project, harm).ok();
        project.leave("go");
        let text = run.wait().text();
        assert!(!text.contains("panicked"), "{text}");
        project.ok("run -j3");
        let _ = project.ran();
        project.ok("run -j3");
        assert!(project.ran().is_empty());
        project.ok("cache verify");
    }
}

#[test]
fn a_source_that_is_replaced_before_its_turn_fails_those_who_read_it_then() {
    let project = chain("(test -e ~/replaced || (touch ~/replaced && echo b > new && mv new raw.txt))");
    project.edit("{ o = \"large.o\" }", "{ o = \"large.o\", raw = \"source.raw\" }");
    let text = project.osteon("run").exits(1).text();
    assert!(text.contains("failed   'size': source.raw changed while it was read; run again"), "{text}");
    assert_eq!(project.ran(), ["large", "size"]);
    project.ok("run");
    assert_eq!(project.ran(), ["large", "size"], "all that read the old one is made anew");
    is_well(&project);
}

/// A file without bytes on the disk, large enough to be mapped by a process of its own.
const MAPPED: u64 = 300 << 20;

#[test]
fn a_large_source_has_the_digest_of_its_bytes() {
    let project = chain("true");
    let file = File::create(project.path("raw.txt")).unwrap();
    file.set_len(MAPPED).unwrap();
    project.edit("cat {inputs.raw}", "head -c 2 {inputs.raw}");
    is_well(&project);
    let zeros = contract::Digest::of(&vec![0; usize::try_from(MAPPED).unwrap()]).to_string();
    let records = files_below(&project.path("cache/records"));
    assert!(records.iter().any(|record| fs::read_to_string(record).unwrap().contains(&zeros)), "{zeros}");
}

#[test]
fn a_large_source_that_is_cut_short_while_it_is_hashed_kills_nobody() {
    let project = chain("true");
    let file = File::create(project.path("raw.txt")).unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                // Long enough to be begun, and short enough not to be ended, now and then.
                for (size, time) in [(MAPPED, Duration::from_millis(20)), (0, Duration::from_millis(2))] {
                    file.set_len(size).unwrap();
                    let begin = Instant::now();
                    while begin.elapsed() < time {
                        std::hint::spin_loop();
                    }
                }
            }
        });
        for _ in 0..10 {
            let text = project.osteon("status").text();
            assert!(text.starts_with("exit 0") || text.contains("raw.txt"), "{text}");
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_change_is_noticed_whatever_the_clock_said() {
    let project = chain("true");
    project.ok("run");
    let (now, hour) = (SystemTime::now(), Duration::from_hours(1));
    let times = [now + 24 * hour, now + 24 * hour, now, now - hour, now - hour, SystemTime::UNIX_EPOCH];
    for (time, text) in times.into_iter().zip(["b\n", "c\n", "d\n", "e\n", "f\n", "g\n"]) {
        project.write("raw.txt", text);
        File::open(project.path("raw.txt")).unwrap().set_modified(time).unwrap();
        let _ = project.ran();
        project.ok("run");
        assert!(project.ran().contains(&"large".to_owned()), "{text:?} at {time:?}");
    }
    is_well(&project);
}

#[test]
fn runs_from_the_future_cost_work_at_most() {
    let project = chain("true");
    project.ok("run");
    fs::create_dir(project.path("cache/runs/2999-01-01T00-00-00.000Z-1")).unwrap();
    is_well(&project);
    project.ok("cache gc --keep-runs 1");
    is_well(&project);
}

#[test]
fn without_home_or_path_what_needs_neither_runs() {
    let project =
        Project::new("[stage.a]\noutputs = { o = \"o.txt\" }\ncommand = \"echo a > {outputs.o}\"\n");
    let mut command = project.command();
    command.arg("run").env_remove("HOME").env_remove("PATH").env_remove("TMPDIR");
    let _ran = project.spawn(command).wait().ok();
    assert_eq!(project.read("cache/latest/a/o.txt"), "a\n");
    let project = chain("true");
    let _failed = shell(&project, "PATH=/nowhere exec \"$0\" run").exits(1);
    assert!(project.osteon("log large").ok().stdout().contains("head: not found"));
    is_well(&project);
}

#[test]
fn without_a_shell_the_stage_says_that_it_could_not_be_started() {
    let project = chain("true");
    let output = shell(
        &project,
        "exec unshare -m /bin/sh -c 'mount --bind /dev/null /bin/sh && exec \"$0\" run' \"$0\"",
    );
    let text = output.text();
    if text.contains("unshare") || text.contains("mount") {
        return skip_unless_root("nothing can be mounted");
    }
    assert!(text.contains("failed   'large': failed to start `/bin/sh`: Permission denied"), "{text}");
    is_well(&project);
}

#[test]
fn a_folder_that_is_gone_is_no_place_to_start_from() {
    let project = chain("true");
    let line = |words: &str| format!("mkdir gone && cd gone && rmdir ../gone && exec \"$0\" {words}");
    assert_snapshot!(shell(&project, &line("run")).text(), @"
    exit 2
    ── stderr
    error: the folder that this was started in is gone; name the project's: osteon -C DIR
    ");
    let elsewhere = format!("-C {} run", project.path("").display());
    let _ran = shell(&project, &line(&elsewhere)).ok();
    is_well(&project);
}

#[test]
fn however_few_threads_there_may_be_a_run_ends_well_or_says_so() {
    for limit in (1..=12).chain([1000]) {
        let project = chain("true");
        let Some(program) = project.command_of_nobody() else { return };
        let mut command = Command::new("prlimit");
        command.arg(format!("--nproc={limit}")).arg(program.get_program()).args(["run", "-j4"]);
        command.uid(NOBODY).gid(NOBODY);
        let text = project.spawn(in_place_of(command, &program, &project)).wait().text();
        let told = text.contains("Resource temporarily unavailable") && !text.contains("panicked");
        assert!(text.starts_with("exit 0") || (told && limit < 1000), "{limit}: {text}");
    }
}

#[test]
fn a_secret_is_not_told_where_there_is_no_room_to_hide_it() {
    let project = Project::new(
        r#"
[stage.a]
env = ["TOKEN"]
outputs = { o = "o.txt" }
command = "head -c 2000000 /dev/zero; echo $TOKEN; echo > {outputs.o}"
"#,
    );
    fs::create_dir(project.path("cache")).unwrap();
    let Some(_disk) = Mount::disk(&project.path("cache"), "3m") else { return };
    let mut command = project.command();
    command.args(["run", "--message-format", "json"]).env("TOKEN", "correct-horse");
    let text = project.spawn(command).wait().text();
    assert!(text.contains("No space left on device") && !text.contains("correct-horse"), "{text}");
    for file in files_below(&project.path("cache")) {
        assert!(
            !String::from_utf8_lossy(&fs::read(&file).unwrap()).contains("correct-horse"),
            "{}",
            file.display()
        );
    }
}
