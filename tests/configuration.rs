//! Logs beside the configurations of the servers that wrote them: read by the strings that these name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;

use pmtrace::Question;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const APACHE: &str = r#"# shop
Define LOGS ${APACHE_LOG_DIR}
Listen 192.0.2.1:8080
ErrorLogFormat "[%{cu}t] %l <%P> %M"
LogFormat "%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t %a \"%m %U%q\" \
   %>s %D" shop
<VirtualHost *:8080>
    ServerName shop.example
    ErrorLog ${LOGS}/error.log
    CustomLog ${LOGS}/shop.log shop
</VirtualHost>
"#;

const NGINX: &str = r#"http {
    log_format shop escape=json '{"at":"$time_iso8601","who":"$remote_addr",'   # two strings
        '"did":"$request","code":$status}';
    server {
        listen 8080;
        access_log /var/log/nginx/shop.log shop buffer=32k;
    }
}
"#;

const HAPROXY: &str = "defaults
    mode http
    log-format %ci:%cp\\ [%tr]\\ %ft=>%b/%s\\ %ST\\ %Ta\\ %{+Q}r
frontend www
    bind *:8080
    log-format \"%ci [%tr] %HM %HP %ST\"
";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The records of the file of that name.
fn records(folder: &Path, of: &str) -> Vec<Json> {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace")).arg("parse").arg(folder).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let records = lines.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    records.filter(|record| record["file"].as_str().unwrap().ends_with(of)).collect()
}

#[test]
fn logs_are_read_by_the_strings_that_a_configuration_names() {
    for (why, config, log, text, want) in [
        (
            "Apache",
            APACHE,
            "apache2/shop.log",
            "2026-11-24T08:10:43.814+0530 198.51.100.7 \"GET /a?b=1\"    404 150\n",
            vec![
                json!({"format": "apache-access", "time": "2026-11-24T02:40:43.814Z", "client": "198.51.100.7", "target": "/a?b=1", "status": 404, "duration_s": 0.00015}),
            ],
        ),
        (
            "Apache's error log, rotated",
            APACHE,
            "apache2/error.log.1",
            "[2026-11-24 08:10:58.740677] error <71> AH00128: File does not exist: /srv/x\n(98)Address already in use: AH00072: make_sock: could not bind to address 192.0.2.1:8080\n",
            vec![
                json!({"format": "apache-error", "level": "error", "pid": 71, "code": "AH00128"}),
                json!({"format": "apache-error", "code": "AH00072"}),
            ],
        ),
        (
            "nginx",
            NGINX,
            "nginx/shop.log-20261125",
            "{\"at\":\"2026-11-24T03:21:53+01:00\",\"who\":\"::1\",\"did\":\"GET /\\\"x\\\" HTTP/1.1\",\"code\":502}\n",
            vec![
                json!({"format": "nginx-access", "client": "::1", "target": "/\"x\"", "status": 502, "time": "2026-11-24T02:21:53Z"}),
            ],
        ),
        (
            "HAProxy in syslog, by either string",
            HAPROXY,
            "haproxy.log",
            "Nov 24 03:41:49 lb01 haproxy[7]: 198.51.100.7:1234 [24/Nov/2026:03:41:49.477] www=>shop/s1 503 3006 \"GET /up HTTP/1.1\"\nNov 24 03:41:50 lb01 haproxy[7]: 198.51.100.7 [24/Nov/2026:03:41:50.001] GET /a 200\nNov 24 03:41:51 lb01 sshd[9]: 198.51.100.7 [24/Nov/2026:03:41:50.001] GET /a 200\n",
            vec![
                json!({"format": "haproxy-http", "envelope": ["syslog-rfc3164"], "host": "lb01", "server": "s1", "status": 503, "duration_s": 3.006}),
                json!({"format": "haproxy-http", "target": "/a", "status": 200}),
                json!({"format": "sshd", "program": "sshd"}),
            ],
        ),
        (
            "nginx in a container",
            NGINX,
            "c1-json.log",
            "{\"log\":\"{\\\"at\\\":\\\"2026-11-24T03:21:53+01:00\\\",\\\"who\\\":\\\"::1\\\",\\\"did\\\":\\\"GET / HTTP/1.1\\\",\\\"code\\\":200}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-24T02:21:53.5Z\"}\n",
            vec![json!({"format": "nginx-access", "envelope": ["docker-json-file"], "client": "::1", "status": 200})],
        ),
    ] {
        let folder = folder(&[("etc/server.conf", config), (&format!("var/log/{log}"), text)]);
        let found = records(folder.path(), log);
        assert_eq!(found.len(), want.len(), "{why}: {found:#?}");
        for (found, want) in found.iter().zip(&want) {
            for (field, value) in want.as_object().unwrap() {
                assert_eq!(&found[field], value, "{why}: {field} of {found}");
            }
        }
    }
}

#[test]
fn without_a_configuration_nothing_is_guessed() {
    let line = "2026-11-24T08:10:43.814+0530 198.51.100.7 \"GET /a?b=1\"    404 150\n";
    let folder = folder(&[("shop.log", line), ("a.cfg", HAPROXY)]);
    assert!(records(folder.path(), "shop.log").iter().all(|record| record["format"] != "apache-access"));
}

#[test]
fn what_the_user_says_of_a_file_counts_more() {
    let line = "198.51.100.7 - - [24/Nov/2026:03:41:49 +0100] \"GET / HTTP/1.1\" 200 5\n";
    let config = "log_format odd '$request_method - - [$time_local] \"$remote_user\" $status $connection';\naccess_log /l/a.log odd;\n";
    let folder = folder(&[("l/a.log", line), ("nginx.conf", config)]);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    let output = command.args(["parse", "--input-format", "*.log=apache-access"]).arg(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line.contains("\"client\":\"198.51.100.7\"")), "{text}");
}

/// The story in which apache2 holds nginx's port, with a configuration of apache2 beside its logs.
fn reasons_with(config: &str) -> (Json, String) {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents/nginx-apache-port");
    let folder = folder(&[("apache2/ports.conf", config)]);
    let question = Question { paths: vec![story, folder.path().into()], ..Question::default() };
    let report = serde_json::to_value(pmtrace::investigate(&question)).unwrap();
    let cause = report["incidents"][0]["cause"].clone();
    (cause["holder"]["name"].clone(), report["incidents"][0]["hypotheses"].to_string())
}

#[test]
fn a_configuration_is_a_reason_for_a_holder() {
    let (plain, _) = reasons_with("# nothing\n");
    for (config, says) in [
        ("Listen 80\n", "by its configuration, apache2 listens on port 80"),
        ("Listen 8080\n", "by its configuration, apache2 listens on port 8080"),
    ] {
        let (holder, hypotheses) = reasons_with(config);
        assert_eq!(holder, plain, "{config}");
        assert!(hypotheses.contains(says), "{config}: {hypotheses}");
    }
}
