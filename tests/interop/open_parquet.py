"""Opens every Parquet file below a folder with pandas, pyarrow and DuckDB, and compares what they read."""

import sys
from pathlib import Path

import duckdb
import pandas
import pyarrow.parquet

files = sorted(path for path in Path(sys.argv[1]).rglob("*.parquet"))
for path in files:
    # A folder named `axis=value,…` is no hive partition, for which these tools take it unless told.
    table = pyarrow.parquet.read_table(path, partitioning=None)
    frame = pandas.read_parquet(path, partitioning=None)
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
    assert list(frame.columns) == table.column_names == rows.columns, path
    assert len(frame) == table.num_rows == len(rows.fetchall()), path
assert files, "no Parquet file was found"
print(f"{len(files)} Parquet files open in pandas, pyarrow and DuckDB")
