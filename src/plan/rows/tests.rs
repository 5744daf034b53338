use contract::{Cell, Scalar};
use proptest::prelude::*;

use super::{MOST_BYTES, MOST_ROWS, Rows};

fn read(file: &str, text: &str) -> Result<Rows, String> {
    Rows::read(file, text.as_bytes()).map_err(|issue| issue.to_string())
}

fn refused(file: &str, text: &str) -> String {
    read(file, text).expect_err("it is refused")
}

/// Returns the cells as they are written in a key: with their types.
fn cells(file: &str, text: &str) -> String {
    serde_json::to_string(&read(file, text).unwrap().cells).unwrap()
}

#[test]
fn the_header_of_csv_names_the_axes_and_values_are_typed_as_in_brackets() {
    let rows = read("t.csv", "name,dose\nb,1\n\"a, c\",0.5\n").unwrap();
    assert_eq!(rows.axes, ["dose", "name"]);
    let cell =
        |dose, name: &str| Cell::from([("dose".into(), dose), ("name".into(), Scalar::Text(name.into()))]);
    assert_eq!(rows.cells, [cell(Scalar::Float(0.5), "a, c"), cell(Scalar::Int(1), "b")]);
    assert_eq!(
        cells("t.csv", "\u{feff}x\r\n true \n1.50\n-0.0\n007\n1e3\nnone"),
        r#"[{"x":0.0},{"x":1.5},{"x":"007"},{"x":1000.0},{"x":"none"},{"x":true}]"#
    );
}

#[test]
fn json_keeps_its_types() {
    assert_eq!(
        cells(
            "t.json",
            r#"[{"x": "1", "y": 2}, {"y": 2.0, "x": "a"}, {"x": "b", "y": false}, {"x": "b", "y": -0.0}]"#
        ),
        r#"[{"x":"1","y":2},{"x":"a","y":2.0},{"x":"b","y":0.0},{"x":"b","y":false}]"#
    );
}

#[test]
fn a_number_that_would_print_in_another_way_stays_what_was_written() {
    let digits =
        "[{\"x\": 18446744073709551616123}, {\"x\": -0}, {\"x\": 9223372036854775807}, {\"x\": \"1\\\"2\"}]";
    let told = r#"[{"x":"-0"},{"x":9223372036854775807},{"x":"18446744073709551616123"},{"x":"1\"2"}]"#;
    assert_eq!(cells("t.json", digits), told);
    assert_eq!(
        cells("t.csv", "x\n+5\n-0\n5\n-5\n0\n"),
        r#"[{"x":-5},{"x":"-0"},{"x":0},{"x":"+5"},{"x":5}]"#
    );
    assert!(refused("t.json", "[{\"x\": 007}]").contains("it is no list of objects"));
}

#[test]
fn a_table_without_rows_is_an_empty_grid() {
    assert_eq!(read("t.csv", "y,x\n").unwrap(), Rows { axes: vec!["x".into(), "y".into()], cells: vec![] });
    assert_eq!(read("t.json", "[]").unwrap(), Rows::default());
}

#[test]
fn what_is_wrong_is_said_with_row_column_and_the_way_out() {
    let said: Vec<String> = [
        ("t.csv", ""),
        ("t.csv", "x,y\n1,2\n3\n"),
        ("t.csv", "x,y\n1,2\n3,\n"),
        ("t.csv", "x\n1\nNaN\n"),
        ("t.csv", "x\n1e999\n"),
        ("t.csv", "x,y z\n1,2\n"),
        ("t.csv", "x,x\n1,2\n"),
        ("t.csv", "x\n2\n1\n2\n"),
        ("t.json", "{}"),
        ("t.json", "[1]"),
        ("t.json", "[{}]"),
        ("t.json", r#"[{"x": 1}, {"y": 1}]"#),
        ("t.json", r#"[{"x": 1, "y": 1}, {"y": 1}]"#),
        ("t.json", r#"[{"x": 1, "x": 2}]"#),
        ("t.json", r#"[{"x": 1}, {"x": 2, "x": 3}]"#),
        ("t.json", r#"[{"x": null}]"#),
        ("t.json", r#"[{"x": ""}]"#),
        ("t.json", r#"[{"x": [1]}]"#),
        ("t.json", r#"[{"x": {"y": 1}}]"#),
        ("t.json", r#"[{"x": NaN}]"#),
        ("t.json", r#"[{"x": 1, "y": 1}, {"x": "1", "y": 2}]"#),
        ("t.parquet", "PAR1"),
    ]
    .iter()
    .map(|(file, text)| refused(file, text))
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    it is empty (its first line names the columns, which are the axes)
    row 2 has 1 values, and there are 2 columns (quote a value that holds a comma: "a,b")
    row 2, column `y`: there is no value (every row has a value in every column; write one, or leave the row out)
    row 2, column `x`: `NaN` is no finite number (leave the row out, or write a text that no program takes for a number)
    row 1, column `x`: `1e999` is no finite number (leave the row out, or write a text that no program takes for a number)
    column 2: `y z` cannot be the name of an axis (a name is a letter, then letters, digits, `-` and `_`)
    column 2: there are two columns `x` (leave one of them out)
    row 3 is row 1 again: x=2 (leave it out, or add a column in which they differ)
    it is no list of objects: invalid type: map, expected a sequence at line 1 column 0 (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    it is no list of objects: invalid type: integer `1`, expected an object at line 1 column 2 (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    row 1 is an object without keys (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    row 2 has a column `y`, which row 1 lacks (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    row 2, column `x`: there is no value (every row has a value in every column; write one, or leave the row out)
    column 2: there are two columns `x` (leave one of them out)
    row 2 has two values in column `x` (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    row 1, column `x`: there is no value (every row has a value in every column; write one, or leave the row out)
    row 1, column `x`: there is no value (every row has a value in every column; write one, or leave the row out)
    row 1, column `x`: this is a list (a value is a string, a number or a boolean)
    row 1, column `x`: this is an object (a value is a string, a number or a boolean)
    it is no list of objects: expected value at line 1 column 8 (write a list of objects with the same keys: [{"x": 1}, {"x": 2}])
    row 2, column `x`: `1` is a text in one row and none in another (write it one way: cells are named by their values)
    it is neither CSV nor JSON (write the table as .csv with a header, or as .json: a list of objects)
    "#);
    let latin: &[u8] = b"x,y\n1,\xfc\n";
    insta::assert_snapshot!(Rows::read("t.csv", latin).unwrap_err(), @"
    row 1, column 2: this is not UTF-8 (write the table as UTF-8)
    ");
}

#[test]
fn a_grid_has_a_limit_of_rows_and_of_bytes() {
    let rows = |count: usize| (0..count).map(|x| format!("{x}\n")).collect::<String>();
    assert_eq!(read("t.csv", &format!("x\n{}", rows(MOST_ROWS))).unwrap().cells.len(), MOST_ROWS);
    insta::assert_snapshot!(refused("t.csv", &format!("x\n{}", rows(MOST_ROWS + 1))), @"
    it has more than 100000 rows (let one cell do the work of several rows)
    ");
    insta::assert_snapshot!(refused("t.json", &" ".repeat(usize::try_from(MOST_BYTES).unwrap() + 1)), @"
    it is larger than 16.0 MiB (keep the columns that are axes, and give the rest to the stage as an input)
    ");
}

/// Tables that are nearly right, and nonsense.
fn any_table() -> impl Strategy<Value = Vec<u8>> {
    let signs = prop::sample::select(br#"[]{}:,"x1.-e null true"#.as_slice());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        prop::collection::vec(signs, 0..64),
        prop::collection::vec("[a-b1\"., \n-]{0,6}", 0..12).prop_map(|lines| lines.join(",").into_bytes()),
    ]
}

proptest! {
    #[test]
    fn nothing_in_a_table_makes_it_panic_and_what_it_reads_is_a_grid(bytes in any_table()) {
        for file in ["t.csv", "t.json"] {
            if let Ok(rows) = Rows::read(file, &bytes) {
                prop_assert!(rows.axes.is_sorted() && rows.cells.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(rows.cells.iter().all(|cell| cell.keys().eq(&rows.axes)));
            }
        }
    }

    #[test]
    fn a_table_reads_back_as_it_was_written(cells in prop::collection::btree_set(("[a-h ,\"]{0,5}[a-h]", any::<i32>()), 1..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["text", "number"]).unwrap();
        let mut objects = Vec::new();
        for (text, number) in &cells {
            let text = text.trim();
            writer.write_record([text, &number.to_string()]).unwrap();
            objects.push(serde_json::json!({ "text": text, "number": number }));
        }
        let csv = Rows::read("t.csv", &writer.into_inner().unwrap());
        let json = Rows::read("t.json", serde_json::to_string(&objects).unwrap().as_bytes());
        // Two that differ in a space around them alone are one.
        prop_assert_eq!(csv.is_ok(), json.is_ok());
        if let (Ok(csv), Ok(json)) = (csv, json) {
            prop_assert_eq!(csv, json);
        }
    }
}

#[test]
fn csv_that_was_cut_short_within_quotes_is_refused() {
    for (text, line) in [("a\n1\n\"2", 3), ("a,b\n1,\"x\n2,y\n", 2), ("a\n5\" disk\n", 2)] {
        let why = refused("t.csv", text);
        assert!(why.contains(&format!("line {line}: a quote is not closed")), "{why}");
    }
    assert_eq!(cells("t.csv", "a\n\"5\"\" disk\"\n"), r#"[{"a":"5\" disk"}]"#);
}
