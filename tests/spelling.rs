use std::collections::BTreeMap;

use fastrand::Rng;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::support::Project;

/// What a manifest means: stages that read a source, by their names.
type Meaning = BTreeMap<String, Stage>;

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    params: BTreeMap<String, Value>,
    output: (String, String),
    /// Its command; without one it is a kind, whose parameters have defaults.
    command: Option<String>,
    env: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Int(i16),
    Float(f32),
    Bool(bool),
    Text(String),
    List(Vec<i16>),
    Table(BTreeMap<String, bool>),
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i16>().prop_map(Value::Int),
        (-1e3..1e3_f32).prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        "[a-c #=]{0,3}".prop_map(Value::Text),
        prop::collection::vec(any::<i16>(), 1..3).prop_map(Value::List),
        prop::collection::btree_map("[a-c]", any::<bool>(), 1..3).prop_map(Value::Table),
    ]
}

fn stages() -> impl Strategy<Value = Stage> {
    let params = prop::collection::btree_map("[a-d]", values(), 0..4);
    let output = ("[op]", "[xy]\\.txt");
    let command = (params, output, "echo [ab]{1,2}", any::<bool>())
        .prop_map(|(params, output, command, env)| Stage { params, output, command: Some(command), env });
    let kind = (-1e3..1e3_f32).prop_map(|times| Stage {
        params: BTreeMap::from([("times".to_owned(), Value::Float(times.abs()))]),
        output: ("copy".to_owned(), "copy.txt".to_owned()),
        command: None,
        env: false,
    });
    prop_oneof![3 => command, 1 => kind]
}

/// Writes a value in one of the ways that mean it.
fn value(rng: &mut Rng, value: &Value) -> String {
    match value {
        Value::Int(number) => match rng.u8(..4) {
            0 if *number >= 0 => format!("0x{number:X}"),
            1 if *number >= 0 => format!("+{number}"),
            2 => number.to_string().replace("000", "_000"),
            _ => number.to_string(),
        },
        Value::Float(number) if rng.bool() => format!("{:e}", f64::from(*number)),
        Value::Float(number) => format!("{:?}", f64::from(*number)),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => match rng.u8(..3) {
            0 => format!("'{text}'"),
            1 => format!("\"{}\"", text.replace('a', "\\u0061")),
            _ => format!("\"\"\"{text}\"\"\""),
        },
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| self::value(rng, &Value::Int(*item))).collect();
            let (between, end) = if rng.bool() { (",\n  # one more\n  ", ",\n") } else { (", ", "") };
            format!("[{}{end}]", items.join(between))
        }
        Value::Table(table) => {
            let mut items: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            rng.shuffle(&mut items);
            format!("{{ {} }}", items.join(", "))
        }
    }
}

/// Writes a stage in one of the ways that mean it; what it says of variables goes to `variables`.
fn stage(rng: &mut Rng, name: &str, stage: &Stage, variables: &mut Vec<String>) -> String {
    let mut params = Vec::new();
    for (param, meant) in &stage.params {
        let mut text = value(rng, meant);
        if rng.u8(..4) == 0 {
            variables.push(format!("{name}-{param} = {text}"));
            text = format!("\"${name}-{param}\"");
        }
        params.push((param.as_str(), text));
    }
    let (port, file) = &stage.output;
    let mut lines = vec!["inputs = { from = \"source.raw\" }".to_owned()];
    if let Some(command) = &stage.command {
        lines.push(format!("command = '''{command} {{inputs.from}} > {{outputs.{port}}}'''"));
        lines.push(format!("outputs = {{ {port} = \"{file}\" }}"));
        lines.extend(stage.env.then(|| "env = [\"WORD\"]".to_owned()));
        lines.extend((!stage.env && rng.bool()).then(|| "env = []".to_owned()));
        lines.extend(rng.bool().then(|| "private = false".to_owned()));
    } else {
        lines.push("kind = \"copy\"".to_owned());
        params.extend(rng.bool().then(|| ("name", "\"copy\"".to_owned())));
        params.extend(rng.bool().then(|| ("label", format!("\"{}\"", rng.u8(..)))));
    }
    let needs = ["retries = 2", "timeout = \"1h\"", "memory = \"1 MiB\"", "cpus = 1"];
    lines.extend(rng.bool().then(|| format!("needs = {{ {} }}", needs[rng.usize(..4)])));
    rng.shuffle(&mut params);
    match rng.u8(..3) {
        0 => {
            let inline: Vec<String> = params.iter().map(|(name, text)| format!("{name} = {text}")).collect();
            lines.push(format!("params = {{{}}}", inline.join(", ").replace("  # one more\n", "")));
        }
        1 => lines.extend(params.iter().map(|(name, text)| format!("params.{name} = {text}"))),
        _ => {}
    }
    rng.shuffle(&mut lines);
    if !lines.iter().any(|line| line.starts_with("params")) && !params.is_empty() {
        lines.push(format!("[stage.{name}.params]"));
        lines.extend(params.iter().map(|(name, text)| format!("{name} = {text}")));
    }
    let space = |rng: &mut Rng| ["\n", "\n\n", "  # a word\n", "\t\n# a line\n"][rng.usize(..4)];
    let lines: String = lines.iter().map(|line| format!("{line}{}", space(rng))).collect();
    format!("[stage.{name}]\n{lines}")
}

/// Writes a manifest in one of the ways that mean it.
fn spell(rng: &mut Rng, meaning: &Meaning) -> String {
    let mut variables = vec!["nobody-needs-me = 1".to_owned()];
    let mut tables: Vec<String> =
        meaning.iter().map(|(name, meant)| stage(rng, name, meant, &mut variables)).collect();
    rng.shuffle(&mut variables);
    tables.push("[source.raw]\npath = \"raw.txt\"\n".to_owned());
    tables.push(format!("[variables]\n{}\n", variables.join("\n")));
    rng.shuffle(&mut tables);
    tables.concat()
}

/// Returns the key of each stage of a manifest, as `status` tells it.
fn keys(project: &Project, manifest: &str, word: &str) -> BTreeMap<String, String> {
    project.write("pipeline.toml", manifest);
    let mut command = project.command();
    command.args(["status", "--json"]).env("WORD", word);
    let output = project.spawn(command).wait().ok();
    let key = |line: &str| {
        let line: Json = serde_json::from_str(line).expect("it prints JSON");
        let key = line["key"].as_str().unwrap_or_else(|| panic!("a key in {line}\n{manifest}"));
        (line["id"].as_str().unwrap_or_default().to_owned(), key.to_owned())
    };
    output.stdout().lines().map(key).collect()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn however_a_manifest_is_spelled_its_keys_are_the_same(
        stages in prop::collection::btree_map("[s-v]", stages(), 1..4),
        seeds in any::<(u64, u64)>(),
    ) {
        let project = Project::new("");
        project.write("raw.txt", "a\n");
        let [one, other] = [seeds.0, seeds.1].map(|seed| spell(&mut Rng::with_seed(seed), &stages));
        prop_assert_eq!(keys(&project, &one, "w"), keys(&project, &other, "w"), "{}\n----\n{}", one, other);
    }

    #[test]
    fn two_stages_have_one_key_exactly_if_they_mean_the_same(one in stages(), part in stages(), mask in 0..16_u8) {
        let project = Project::new("");
        project.write("raw.txt", "a\n");
        // The other is the one with some of its parts replaced, or the same in other words.
        let mut other = one.clone();
        if one.command.is_some() == part.command.is_some() {
            if mask & 1 != 0 { other.params = part.params; }
            if mask & 2 != 0 { other.output = part.output; }
            if mask & 4 != 0 { other.command = part.command; }
            if mask & 8 != 0 { other.env = part.env; }
        } else if mask > 3 {
            other = part;
        }
        let meaning = Meaning::from([("s".to_owned(), one.clone()), ("t".to_owned(), other.clone())]);
        let manifest = spell(&mut Rng::with_seed(u64::from(mask)), &meaning);
        let before = keys(&project, &manifest, "w");
        prop_assert_eq!(before["s"] == before["t"], one == other, "{}", manifest);
        // Each byte that is read changes every key, a word of the environment those that declare it.
        let spoken = keys(&project, &manifest, "x");
        prop_assert_eq!((spoken["s"] != before["s"], spoken["t"] != before["t"]), (one.env, other.env));
        project.write("raw.txt", "b\n");
        let read = keys(&project, &manifest, "w");
        prop_assert!(read["s"] != before["s"] && read["t"] != before["t"]);
    }
}
