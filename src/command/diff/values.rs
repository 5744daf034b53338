//! What files say, value by value, so that they can be compared whatever wrote them.

use std::collections::{BTreeMap, BTreeSet};

use contract::Scalar;
use serde_json::Value as Json;

use crate::command::parquet::Row;

/// A value by its place: the row, named by its first columns, and the column.
pub(super) type Values = BTreeMap<(Vec<String>, String), Json>;

/// Reads JSON: each value by its path.
pub(super) fn of_json(bytes: &[u8]) -> Option<Values> {
    let mut values = Values::new();
    flatten(&serde_json::from_slice(bytes).ok()?, &mut Vec::new(), &mut values);
    Some(values)
}

fn flatten(json: &Json, path: &mut Vec<String>, values: &mut Values) {
    let mut inside = |name: String, json: &Json| {
        path.push(name);
        flatten(json, path, values);
        path.pop();
    };
    match json {
        Json::Object(table) if !table.is_empty() => {
            table.iter().for_each(|(name, json)| inside(name.clone(), json));
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, json)| inside(at.to_string(), json));
        }
        _ => {
            let mut row = path.clone();
            let column = row.pop().unwrap_or_default();
            values.insert((row, column), json.clone());
        }
    }
}

/// Reads CSV whose first line names the columns.
pub(super) fn of_csv(bytes: &[u8]) -> Option<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
    // Of two columns of one name only one could be told.
    if header.iter().collect::<BTreeSet<_>>().len() < header.len() {
        return None;
    }
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let values = record.ok()?.iter().map(typed).collect::<Vec<Json>>();
        Some(Row(header.iter().cloned().zip(values).collect()))
    };
    reader.records().map(row).collect()
}

/// Reads a field as the rows of a grid are read, and `1E-3` as well.
fn typed(text: &str) -> Json {
    let scalar = match crate::plan::typed(text) {
        Scalar::Text(_) if text.contains('E') => crate::plan::typed(&text.replace('E', "e")),
        scalar => scalar,
    };
    match scalar {
        Scalar::Bool(_) | Scalar::Text(_) => text.into(),
        number => serde_json::to_value(number).unwrap_or_else(|_| text.into()),
    }
}

/// Names the rows of two tables by as many of their first columns without fractions as tell them apart, else by their
/// numbers, and returns all other values.
pub(super) fn of_rows(a: &[Row], b: &[Row]) -> (Values, Values) {
    let columns: Vec<&String> =
        a.iter().chain(b).next().map_or(Vec::new(), |row| row.0.iter().map(|(name, _)| name).collect());
    let whole =
        |name: &&&String| a.iter().chain(b).all(|row| row.get(name).is_none_or(|value| !value.is_f64()));
    let names: Vec<&String> = columns.iter().filter(whole).copied().collect();
    let named = (0..=names.len()).find(|count| {
        [a, b].iter().all(|rows| {
            let named: BTreeSet<Vec<String>> = rows.iter().map(|row| name(row, &names[..*count])).collect();
            named.len() == rows.len()
        })
    });
    let values = |rows: &[Row]| {
        let mut values = Values::new();
        for (at, row) in rows.iter().enumerate() {
            let (place, skipped) = match named {
                Some(count) => (name(row, &names[..count]), &names[..count]),
                None => (vec![format!("row {}", at + 1)], &names[..0]),
            };
            for (column, value) in row.0.iter().filter(|(column, _)| !skipped.contains(&column)) {
                values.insert((place.clone(), column.clone()), value.clone());
            }
        }
        values
    };
    (values(a), values(b))
}

fn name(row: &Row, columns: &[&String]) -> Vec<String> {
    let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    columns.iter().map(|column| row.get(column).map_or(String::new(), plain)).collect()
}

/// Returns the places where two files differ; numbers that are as near as `tolerance` are equal.
#[expect(clippy::type_complexity, reason = "a place, and what both say there")]
pub(super) fn different(
    a: &Values,
    b: &Values,
    tolerance: f64,
) -> Vec<((Vec<String>, String), Option<Json>, Option<Json>)> {
    let places: BTreeSet<&(Vec<String>, String)> = a.keys().chain(b.keys()).collect();
    let near = |a: &Json, b: &Json| match (a.as_f64(), b.as_f64()) {
        // As floats two long whole numbers may be one.
        (Some(_), Some(_)) if tolerance == 0.0 && a.is_i64() && b.is_i64() => a == b,
        (Some(a), Some(b)) => (a - b).abs() <= tolerance,
        _ => a == b,
    };
    let differ = |place: &&&(Vec<String>, String)| match (a.get(**place), b.get(**place)) {
        (Some(a), Some(b)) => !near(a, b),
        _ => true,
    };
    let both = |place: &(Vec<String>, String)| (place.clone(), a.get(place).cloned(), b.get(place).cloned());
    places.iter().filter(differ).map(|place| both(place)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn compared(a: &str, b: &str, tolerance: f64) -> Vec<String> {
        let (a, b) = of_rows(&of_csv(a.as_bytes()).unwrap(), &of_csv(b.as_bytes()).unwrap());
        let show = |((row, column), a, b): ((Vec<String>, String), Option<Json>, Option<Json>)| {
            let side = |value: Option<Json>| value.map_or("none".to_owned(), |value| value.to_string());
            format!("{} {column}: {} {}", row.join(","), side(a), side(b))
        };
        different(&a, &b, tolerance).into_iter().map(show).collect()
    }

    #[test]
    fn rows_are_named_by_their_first_columns_whatever_their_order() {
        let (a, b) = (
            "class,metric,value,text\nx,auc,0.5,0.50\ny,auc,0.25,0.25\n",
            "class,metric,value,text\ny,auc,0.25,0.25\nx,auc,0.75,0.75\n",
        );
        assert_eq!(compared(a, b, 0.0), ["x text: 0.5 0.75", "x value: 0.5 0.75"]);
        assert_eq!(compared(a, "class,metric,value,text\nx,auc,0.5,0.50\n", 0.0).len(), 3);
    }

    #[test]
    fn one_row_of_numbers_needs_no_name() {
        assert_eq!(compared("auc,n\n0.5,3\n", "auc,n\n0.5,4\n", 0.0), [" n: 3 4"]);
    }

    #[test]
    fn rows_that_nothing_tells_apart_are_named_by_their_numbers() {
        assert_eq!(compared("x\n0.5\n0.5\n", "x\n0.5\n0.25\n", 0.0), ["row 2 x: 0.5 0.25"]);
        assert_eq!(compared("x\n0.5\n0.5\n", "x\n0.5\n0.25\n", 0.25), Vec::<String>::new());
    }

    #[test]
    fn what_is_written_otherwise_is_another_value() {
        assert_eq!(compared("id\n007\n", "id\n7\n", 0.0).len(), 1);
        let long = ["x,n\n0.5,9007199254740992\n", "x,n\n0.5,9007199254740993\n"];
        assert_eq!(compared(long[0], long[1], 0.0).len(), 1);
        assert_eq!(compared("x\n1E-3\n", "x\n0.002\n", 0.01), Vec::<String>::new());
        assert!(of_csv(b"a,a\n1,2\n").is_none(), "one of two columns of a name would be lost");
    }

    #[test]
    fn values_of_json_are_named_by_their_paths() {
        let values = of_json(br#"{"auc":{"macro":0.5},"n":[1,{"x":null}]}"#).unwrap();
        let places: Vec<String> =
            values.keys().map(|(row, column)| format!("{} {column}", row.join("."))).collect();
        assert_eq!(places, ["auc macro", "n 0", "n.1 x"]);
        assert_eq!(values[&(vec!["auc".to_owned()], "macro".to_owned())], json!(0.5));
        assert!(of_json(b"{").is_none());
    }

    proptest! {
        #[test]
        fn a_table_differs_from_itself_nowhere_and_from_another_as_that_from_it(
            a in proptest::collection::vec((0..4_i64, 0..4_i64, 0.0..1.0_f64), 0..6),
            b in proptest::collection::vec((0..4_i64, 0..4_i64, 0.0..1.0_f64), 0..6),
        ) {
            let rows = |rows: &[(i64, i64, f64)]| -> Vec<Row> {
                let cells = |(x, y, z): &(i64, i64, f64)| vec![("x".to_owned(), json!(x)), ("y".to_owned(), json!(y)), ("z".to_owned(), json!(z))];
                rows.iter().map(|row| Row(cells(row))).collect()
            };
            let (a, b) = (rows(&a), rows(&b));
            let (one, two) = of_rows(&a, &a);
            prop_assert!(different(&one, &two, 0.0).is_empty());
            let ((one, two), (three, four)) = (of_rows(&a, &b), of_rows(&b, &a));
            prop_assert_eq!(different(&one, &two, 0.0).len(), different(&three, &four, 0.0).len());
        }
    }
}
