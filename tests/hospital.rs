//! Scans as a hospital has them, full of names: not one of these reaches an artifact, a log or the screen.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bstr::ByteSlice;
use tempfile::TempDir;

use crate::support::{eventually, files_below};

/// The files.
mod dicom;
/// What is there when everything ran.
mod left;

use dicom::Person;

/// What tells who somebody is, in small letters: in the DICOM files, in names of files and folders, in annotations, in
/// the table of labels.
const SECRETS: [&str; 24] = [
    "ashgrove",
    "philippa",
    "mrn-55501",
    "19510623",
    "20171109",
    "saltmarsh",
    "larkspur",
    "quillfeather",
    "underhay",
    "acc-90210",
    "thornbury",
    "wilhelmina",
    "thistledown",
    "acme nm",
    "other-33117",
    "marigold",
    "study-4711",
    "fennimore",
    "3680043.555",
    "hollowell",
    "tobias",
    "merriweather",
    "zacharias",
    "1951-06-23",
];

fn osteon(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osteon"));
    command.args(words).current_dir(folder).env("NO_COLOR", "1").env_remove("OSTEON_CACHE");
    command.output().expect("the program starts")
}

/// Returns the secrets in some bytes.
fn leaks(bytes: &[u8]) -> Vec<&'static str> {
    let bytes = bytes.to_ascii_lowercase();
    SECRETS.into_iter().filter(|secret| bytes.contains_str(secret)).collect()
}

/// A folder with a hospital's files, and the paper's pipeline that reads them.
struct Hospital {
    folder: TempDir,
    said: Vec<u8>,
}

impl Hospital {
    /// Returns twelve patients with both views of each; every second folder is named by a patient.
    fn new(ingest: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = ["pipeline.toml", "experiments"].map(|file| root.join(file));
        let copied = Command::new("cp").arg("-r").args(files).arg(folder.path()).status();
        assert!(copied.expect("cp starts").success());
        let made = osteon(folder.path(), &["--profile", "smoke", "run", "scans"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let hospital = Self { folder, said: Vec::new() };
        hospital.admit();
        fs::remove_dir_all(hospital.path("cache")).expect("the phantoms were in it");
        let manifest = fs::read_to_string(hospital.path("pipeline.toml")).expect("it was copied");
        let (before, rest) = manifest.split_once("[stage.scans]").expect("the phantoms' stage");
        let (_, after) = rest
            .split_once("# ----------------------------------------------- the paper's data")
            .expect("what follows");
        hospital.write("pipeline.toml", format!("{before}{ingest}\n# {after}").as_bytes());
        hospital
    }

    fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders can be made");
        fs::write(path, bytes).expect("a project can be written to");
    }

    /// Writes the files of a hospital from what the phantoms left.
    fn admit(&self) {
        let made = self.path("cache/latest@smoke/scans");
        let mut labels = String::from("name,born,file,label\n");
        for (number, scan) in
            files_below(&fs::canonicalize(made.join("dicom")).expect("it was made")).iter().enumerate()
        {
            let (patient, anterior) = (number / 2, number % 2 == 0);
            let stem = scan.file_stem().and_then(OsStr::to_str).expect("a phantom's name is ASCII");
            let folder = if patient % 2 == 0 { "Hollowell, Tobias".to_owned() } else { "ward".to_owned() };
            let name =
                format!("{folder}/Ashgrove_Philippa-{patient:02}-{}", if anterior { "ANT" } else { "POST" });
            let series = if anterior { "WB ANT" } else { "WB POST" };
            let identifier = format!("MRN-55501-{patient}");
            let person = Person { identifier: &identifier, series, number };
            self.write(
                format!("scans/{name}.dcm"),
                &dicom::file(&person, &fs::read(scan).expect("it was made")),
            );
            for (reader, folder) in ["Dr Quillfeather", "Dr Underhay", "b"].into_iter().enumerate() {
                let path = made.join(format!("annotations/reader-{}/{stem}.json", reader + 1));
                let text = fs::read_to_string(path).expect("it was made").replace(stem, "c:/Ashgrove");
                if reader == 2 && text.contains("\"shapes\": []") {
                    let xml = "<annotation><filename>Ashgrove.jpg</filename><folder>Tobias</folder>\
                               <object><name>Marigold</name><deleted>1</deleted></object></annotation>";
                    self.write(format!("annotations/{folder}/{name}.xml"), xml.as_bytes());
                } else {
                    self.write(format!("annotations/{folder}/{name}.json"), text.as_bytes());
                }
            }
            let label = ["normal", "metastatic", "arthritic", "both"][patient % 4];
            labels += &format!("\"Ashgrove, Philippa\",1951-06-23,\"{name}.dcm\",{label}\n");
        }
        self.write("labels.csv", labels.as_bytes());
        let whole = fs::read(self.path("scans/ward/Ashgrove_Philippa-01-ANT.dcm")).expect("it was written");
        self.write("scans/Merriweather.dcm", &whole[..700]);
        self.write("scans/ward/Zacharias.txt", b"Zacharias, see file of Ashgrove");
    }

    /// Runs the program and keeps what it says.
    fn osteon(&mut self, line: &str) -> Output {
        self.ask(&line.split(' ').collect::<Vec<_>>())
    }

    fn ask(&mut self, words: &[&str]) -> Output {
        let output = osteon(self.folder.path(), &[&["--profile", "smoke"], words].concat());
        self.said.extend([output.stdout.as_slice(), output.stderr.as_slice()].concat());
        output
    }

    fn ok(&mut self, line: &str) -> String {
        let output = self.osteon(line);
        assert!(output.status.success(), "osteon {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("what is printed is text")
    }

    /// Has every value of a table printed.
    fn read(&mut self, table: &str) -> String {
        let output = self.ask(&["sql", "--json", &format!("SELECT * FROM \"{table}\"")]);
        assert!(output.status.success(), "{table}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("JSON")
    }

    /// Runs everything, has every value of every table printed, and returns the tables in which something is undefined:
    /// no figure is missing, and no table has a hole.
    fn run_everything(&mut self) -> BTreeSet<String> {
        self.ok("run");
        self.ok("table");
        let latest = self.path("cache/latest@smoke");
        let ports = left::ports(&latest);
        for port in ["dcgan.images", "d3.images", "attend.maps", "attend.hits", "figure12.marks"] {
            assert!(ports.contains(port), "{port} is among {ports:?}");
        }
        for port in ports {
            self.read(&port);
        }
        left::figures(&latest);
        left::undefined(&latest)
    }

    /// Asserts that nothing that was said, and no byte and no name in the cache, tells who anybody is.
    fn keeps_its_secrets(&self) {
        let known: Vec<u8> = ["scans", "annotations", "labels.csv"]
            .into_iter()
            .flat_map(|part| everything(&self.path(part)))
            .collect();
        assert_eq!(leaks(&known), SECRETS, "the files tell all of them");
        assert_eq!(leaks(&self.said), [""; 0], "{}", String::from_utf8_lossy(&self.said));
        for path in files_below(&self.path("cache")) {
            let bytes = if path.is_symlink() { Vec::new() } else { fs::read(&path).expect("it can be read") };
            let name = path.as_os_str().as_bytes();
            assert_eq!(leaks(&[name, &bytes].concat()), [""; 0], "{}", path.display());
        }
    }
}

/// Returns the names and bytes of all files below a folder, or of a file.
fn everything(path: &Path) -> Vec<u8> {
    let files = if path.is_dir() { files_below(path) } else { vec![path.to_owned()] };
    let file = |path: PathBuf| {
        [path.as_os_str().as_bytes().to_vec(), fs::read(&path).expect("it can be read")].concat()
    };
    files.into_iter().flat_map(file).collect()
}

fn tables<const COUNT: usize>(names: [&str; COUNT]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

const ANNOTATED: &str = r#"
[source.scans]
path = "scans"
[source.annotations]
path = "annotations"
[stage.ingest]
kind   = "ingest"
inputs = { scans = "source.scans", annotations = "source.annotations" }
params = { on-reject = "skip" }
"#;

#[test]
fn from_a_folder_of_scans_and_annotations_to_tables_nobody_is_named() {
    let mut hospital = Hospital::new(ANNOTATED);
    let mut undefined = hospital.run_everything();
    // After one epoch it is chance whether the network gets an image right in which something is marked.
    undefined.remove("attention");
    assert_eq!(
        undefined,
        tables(["audit-leakage", "beyond-abnormal", "beyond-significance", "table8", "table9"])
    );
    assert!(hospital.said.contains_str("no AUC for normal: all samples or none are of that class"));
    assert!(hospital.ok("table agreement table1").contains("any lesion"));
    assert!(hospital.ok("log ingest").contains("scan 13: it is damaged"));
    let rejected = hospital.read("ingest.rejected");
    assert_eq!(rejected.matches("\"scans\"").count(), 2, "{rejected}");
    for line in ["status", "cache ls", "cache verify", "graph --cells", "why ingest"] {
        hospital.ok(line);
    }
    eventually("the index knows the files", || {
        hospital.ok("run ingest");
        let index = fs::read_to_string(hospital.path("cache/index")).expect("text");
        index.lines().filter(|line| line.starts_with("f ") && !line.contains('/')).count() > 24
    });
    hospital.keeps_its_secrets();
}

#[test]
fn what_is_wrong_with_a_folder_is_told_without_naming_anybody() {
    let mut hospital = Hospital::new(&ANNOTATED.replace("\"skip\"", "\"fail\""));
    let said = |hospital: &mut Hospital| {
        let output = hospital.osteon("run ingest");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let refused = said(&mut hospital);
    assert!(refused.contains("2 files could not be used:"), "{refused}");
    assert!(refused.contains("scan 13: it is damaged"), "{refused}");
    let anterior = "annotations/Dr Underhay/ward/Ashgrove_Philippa-01-ANT.json";
    for (broken, why) in [
        ("{\"shapes\": \"Ashgrove\", \"imagePath\": \"a\"}", "a value is not what it has to be at line 1"),
        (
            "{\"shapes\": [{\"label\": \"Philippa\", \"points\": [[1, 2]]}], \"imagePath\": \"a\"}",
            "names no disease",
        ),
        ("{\"shapes\": [], \"imagePath\": \"a\", \"imageHeight\": 19510623}", "another size"),
    ] {
        hospital.write(anterior, broken.as_bytes());
        let refused = said(&mut hospital);
        assert!(refused.contains(why) && refused.contains("the annotation of reader-2"), "{refused}");
    }
    fs::remove_file(hospital.path(anterior)).expect("it was written");
    let refused = said(&mut hospital);
    assert!(refused.contains("there is no file of reader-2"), "{refused}");
    hospital.keeps_its_secrets();
}

#[test]
fn from_a_folder_of_scans_and_a_table_of_labels_to_tables_nobody_is_named() {
    let labelled =
        ANNOTATED.replace("annotations", "labels").replace("path = \"labels\"", "path = \"labels.csv\"");
    let mut hospital = Hospital::new(&labelled);
    assert_eq!(hospital.run_everything(), tables(["agreement", "attention"]));
    for why in ["there is nobody to agree", "nothing is looked at"] {
        assert!(hospital.said.contains_str(why), "{why}");
    }
    let images = hospital.read("ingest.images");
    assert_eq!(
        ["normal", "metastatic", "arthritic", "both"]
            .map(|label| images.matches(&format!("\"{label}\"")).count()),
        [6; 4]
    );
    let table = fs::read_to_string(hospital.path("labels.csv")).expect("it was written");
    hospital.write("labels.csv", format!("{table}Zacharias,,Zacharias.dcm,normal\n").as_bytes());
    let output = hospital.osteon("run ingest");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.code() == Some(1) && said.contains("line 26 is about no scan"), "{said}");
    hospital.keeps_its_secrets();
}

#[test]
fn of_one_reader_who_knows_no_metastasis_there_is_every_table_and_nobody_is_named() {
    let mut hospital = Hospital::new(&ANNOTATED.replace("on-reject", "readers = 1, on-reject"));
    for reader in ["Dr Underhay", "b"] {
        fs::remove_dir_all(hospital.path("annotations").join(reader)).expect("it was written");
    }
    for file in files_below(&hospital.path("annotations")) {
        let text = fs::read_to_string(&file).expect("text").replace("M:metastasis", "A:arthritis");
        fs::write(file, text).expect("it can be written");
    }
    let undefined =
        ["agreement", "attention", "audit-leakage", "beyond-both", "beyond-significance", "table8", "table9"];
    assert_eq!(hospital.run_everything(), tables(undefined));
    for why in [
        "no image of a patient who is not held out is metastatic: nothing is fitted, and none is generated",
        "3 images are to be both, and there are 0: no original is both",
        "no AUC for metastatic",
        "nothing is looked at",
    ] {
        assert!(hospital.said.contains_str(why), "{why}");
    }
    hospital.keeps_its_secrets();
}
