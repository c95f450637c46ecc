//! Records as a table (`pmtrace parse -o csv`): each of the contract's fields is a column; what is no plain value stands
//! in its cell as JSON.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::events::row;

/// The fields of a record (contract, section 3), those that most lines have first.
const COLUMNS: [&str; 45] = [
    "time",
    "time_end",
    "file",
    "line",
    "offset",
    "lines",
    "format",
    "envelope",
    "host",
    "program",
    "pid",
    "tid",
    "unit",
    "level",
    "message",
    "code",
    "client",
    "client_port",
    "user",
    "vhost",
    "server_port",
    "method",
    "target",
    "protocol",
    "status",
    "bytes",
    "duration_s",
    "referer",
    "user_agent",
    "request_id",
    "upstream",
    "upstream_status",
    "upstream_duration_s",
    "upstreams",
    "frontend",
    "backend",
    "server",
    "termination",
    "timers",
    "retries",
    "container",
    "action",
    "attributes",
    "fields",
    "event",
];

/// Takes JSON lines and writes rows.
pub struct Table<'o> {
    out: &'o mut (dyn Write + Send),
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
}

impl<'o> Table<'o> {
    /// Writes the names of the columns; `raw` comes last and only where it was asked for.
    ///
    /// # Errors
    /// What the writer says.
    pub fn begin(out: &'o mut (dyn Write + Send)) -> io::Result<Table<'o>> {
        let names = COLUMNS.iter().chain(&["raw"]).map(|name| (*name).to_owned());
        out.write_all(row(names).as_bytes())?;
        Ok(Table { out, rest: Vec::new() })
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let record: Map<String, Value> = serde_json::from_slice(line)?;
        let cell = |name: &&str| match record.get(*name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        self.out.write_all(row(COLUMNS.iter().chain(&["raw"]).map(cell)).as_bytes())
    }
}

impl Write for Table<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let held = std::mem::take(&mut self.rest);
        let whole = if held.is_empty() { bytes.to_vec() } else { [held, bytes.to_vec()].concat() };
        let end = memchr::memrchr(b'\n', &whole).map_or(0, |at| at + 1);
        for line in whole[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.line(line)?;
        }
        self.rest = whole[end..].to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_rows() -> io::Result<()> {
        let mut out = Vec::new();
        let mut table = Table::begin(&mut out)?;
        table.write_all(b"{\"file\":\"a.log\",\"line\":1,\"message\":\"=1+1, or")?;
        table.write_all(b" \\\"so\\\"\",\"event\":{\"kind\":\"crash\"}}\n{\"file\":\"b\"}\n")?;
        let text = String::from_utf8_lossy(&out).into_owned();
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(rows.len(), 4);
        assert!(rows[0].starts_with("time,time_end,file,line,"), "{}", rows[0]);
        assert!(rows[1].contains("a.log,1,") && rows[1].contains("\"'=1+1, or \"\"so\"\"\""), "{}", rows[1]);
        assert!(rows[1].ends_with("\"{\"\"kind\"\":\"\"crash\"\"}\","), "{}", rows[1]);
        assert!(rows[2].contains(",b,"));
        Ok(())
    }
}
