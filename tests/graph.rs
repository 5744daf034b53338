use insta::assert_snapshot;

use crate::support::Project;

const MANIFEST: &str = r#"
[source.raw]
path = "table.csv"
[stage.fit]
grid.axes = { seed = [1, 2] }
inputs    = { from = "source.raw" }
params    = { times = "$seed" }
kind      = "copy"
[stage.join]
kind      = "join"
inputs    = { parts = "fit[seed=*].copy", title = "source.raw" }
[stage.both]
inputs    = { one = "fit[seed=1].copy", list = "join.list" }
outputs   = { o = "o.txt" }
command   = "cat {inputs.one} {inputs.list} > {outputs.o}"
"#;

fn drawn(line: &str) -> String {
    let project = Project::with_tables(MANIFEST);
    let output = project.osteon(&format!("graph {line}")).ok();
    assert!(!project.path("cache").exists());
    output.stdout().to_owned()
}

#[test]
fn stages_are_drawn_with_their_grids_collapsed() {
    assert_snapshot!(drawn(""), @"
    both  command
      one ← fit
      list ← join
    fit × 2  copy
      from ← source.raw
    join
      parts ← fit
      title ← source.raw
    ");
}

#[test]
fn cells_are_drawn_one_by_one() {
    assert_snapshot!(drawn("--cells"), @"
    both
      one ← fit[seed=1]
      list ← join
    fit[seed=1]
      from ← source.raw
    fit[seed=2]
      from ← source.raw
    join
      parts ← fit[seed=1]
      parts ← fit[seed=2]
      title ← source.raw
    ");
}

#[test]
fn a_target_is_drawn_with_what_it_reads() {
    assert_snapshot!(drawn("join"), @"
    fit × 2  copy
      from ← source.raw
    join
      parts ← fit
      title ← source.raw
    ");
    assert_snapshot!(drawn("--cells fit[seed=2]"), @"
    fit[seed=2]
      from ← source.raw
    ");
}

#[test]
fn graphviz_reads_it() {
    assert_snapshot!(drawn("--dot"), @r#"
    digraph pipeline {
      rankdir = LR;
      node [shape = box, fontname = "sans-serif"];
      "both" [label = "both\ncommand"];
      "fit" [label = "fit × 2\ncopy"];
      "join" [label = "join"];
      "source.raw" [label = "source.raw", shape = note];
      "fit" -> "both" [label = "one"];
      "fit" -> "join" [label = "parts"];
      "join" -> "both" [label = "list"];
      "source.raw" -> "fit" [label = "from"];
      "source.raw" -> "join" [label = "title"];
    }
    "#);
}

#[test]
fn markdown_shows_it() {
    assert_snapshot!(drawn("--mermaid"), @r#"
    flowchart LR
      n0["both<br>command"]
      n1["fit × 2<br>copy"]
      n2["join"]
      n3[/"source.raw"/]
      n1 -->|"one"| n0
      n1 -->|"parts"| n2
      n2 -->|"list"| n0
      n3 -->|"from"| n1
      n3 -->|"title"| n2
    "#);
}

#[test]
fn programs_read_it() {
    assert_snapshot!(drawn("--json join"), @r#"
    {
      "edges": [
        {
          "from": "fit",
          "ports": [
            "parts"
          ],
          "to": "join"
        },
        {
          "from": "source.raw",
          "ports": [
            "from"
          ],
          "to": "fit"
        },
        {
          "from": "source.raw",
          "ports": [
            "title"
          ],
          "to": "join"
        }
      ],
      "nodes": [
        {
          "id": "fit",
          "label": "fit × 2\ncopy",
          "source": false
        },
        {
          "id": "join",
          "label": "join",
          "source": false
        },
        {
          "id": "source.raw",
          "label": "source.raw",
          "source": true
        }
      ]
    }
    "#);
}
