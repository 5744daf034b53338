"""Opens every Parquet file below a folder with pandas, pyarrow and DuckDB, and compares what they read."""

import sys
from pathlib import Path

import duckdb
import pandas
import pyarrow.parquet

files = sorted(path for path in Path(sys.argv[1]).rglob("*.parquet"))
for path in files:
    table = pyarrow.parquet.read_table(path)
    frame = pandas.read_parquet(path)
    rows, columns = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchnumpy(), table.column_names
    assert list(frame.columns) == columns == list(rows), path
    assert len(frame) == table.num_rows == duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()[0], path
assert files, "no Parquet file was found"
print(f"{len(files)} Parquet files open in pandas, pyarrow and DuckDB")
