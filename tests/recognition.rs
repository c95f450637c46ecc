//! Every record gets its own format and none another, whatever stands beside it; what is no log gets none, with a reason;
//! and every line of a file is accounted for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use pmtrace::format::read::{Detail, Item, walk};
use pmtrace::format::recognise::{Recognised, recognise};
use pmtrace::format::{FORMATS, Format, Framing};
use pmtrace::input::discover;

const EMERG: &str = "2026/11/24 03:22:01 [emerg] 812#812: bind() to 0.0.0.0:80 failed (98: Address already in use)\n";
const COMBINED: &str =
    "203.0.113.5 - - [24/Nov/2026:02:33:56 +0100] \"GET /a HTTP/1.1\" 502 157 \"-\" \"curl/8.5.0\"\n";
const SYSLOG: &str = "Nov 24 02:50:08 web01 systemd[1]: nginx.service: Failed with result 'exit-code'.\n";

/// Files beside logs, and other programs' logs. `{e}`, `{a}` and `{s}` stand for lines of nginx' error log, an access
/// log and syslog, each with its line end; what is said of the file, where more is known than that no format fits.
#[rustfmt::skip]
const NO_LOGS: &[(&str, &str, &str)] = &[
    ("page.html", "<!DOCTYPE html>\n<html><body><pre>\n{e}{e}{e}{e}{e}{e}{e}{e}</pre></body></html>\n", "text/html"),
    ("drawing.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>\n", "image/svg"),
    ("events.xml", "<?xml version=\"1.0\"?>\n<Events><Event><System><TimeCreated SystemTime=\"2026-11-24T02:33:56Z\"/></System></Event></Events>\n", "application/xml"),
    ("test.py", "LINES = \"\"\"\n{a}{a}{a}\"\"\"\n\n\ndef test_lines():\n    assert LINES\n", ""),
    ("test.go", "package x\n\nvar log = `{a}{a}{a}`\n\nfunc main() {\n}\n", ""),
    ("test.js", "const s = `\n{s}{s}`;\nexport default s;\n", ""),
    ("test.rs", "const LOG: &str = \"{e}\";\n", ""),
    ("script.sh", "#!/bin/sh\necho '{e}'\n", "a script"),
    ("issue.md", "# nginx does not start\n\nAfter the upgrade:\n\n```\n{e}{e}{e}```\n\n    {a}\nWhat can I do?\n", ""),
    ("logs.md", "```\n{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}{s}```\nAny help?\n", ""),
    ("format.md", "{a}\nThis is a line of an access log.\n\nWe explain it.\nThe first word is the client.\nThe second is hardly ever known.\nThe third is the user.\n", ""),
    ("letter.txt", "Hello,\nour server says:\n{e}what shall we do?\n", ""),
    ("mail.eml", "From: a@example.com\nDate: Tue, 24 Nov 2026 02:33:56 +0100\nSubject: nginx\n\n> {e}> {a}\nit says\n\n{e}\nbye\n", ""),
    ("chat.txt", "alice  2:33 AM\nsite is down\nbob  2:34 AM\n{e}", ""),
    ("irc.log", "[02:33:56] <alice> site is down\n--- Log opened Tue Nov 24 00:00:01 2026\n02:35 <bob> {e}", ""),
    ("notes.txt", "2026-11-24T02:35:55Z deploy engineer: reload gave an error\n2026-11-24T02:36:46Z reader: blog refuses connections\n", ""),
    ("diary.txt", "Nov 24 02:35:55 alice: reload gave an error\nNov 24 02:36:55 bob: on it\n", ""),
    ("change.diff", "--- a/error.log\n+++ b/error.log\n@@ -1,2 +1,2 @@\n {e}-{e}+{a}+{s}", ""),
    ("found.txt", "error.log:12:{e}error.log:13:{e}", ""),
    ("history.txt", "commit eccac76\nAuthor: A <a@example.com>\nDate:   Tue Nov 24 02:33:56 2026 +0100\n\n    {e}", ""),
    ("commits.txt", "2026-11-24T02:33:56+01:00 nginx: read connection numbers\n2026-11-24T02:33:57+01:00 haproxy: parse\n", ""),
    ("changelog", "nginx (1.22.1-9) unstable; urgency=medium\n\n  * Fix bind().\n\n -- A B <a@example.com>  Tue, 24 Nov 2026 02:33:56 +0100\n", ""),
    ("ChangeLog", "Fri Oct 25 13:33:38 1991  Guido  <guido@example.com>\n\n\t* x.c: y\n\nThu Oct 24 13:33:38 1991  Guido  <guido@example.com>\n\n\t* x\n", ""),
    ("data.csv", "time,ip,method,path,status\n2026-11-24T02:33:56Z,203.0.113.5,GET,/,200\n2026-11-24T02:33:57Z,203.0.113.6,GET,/x,502\n", ""),
    ("figures.txt", "2026-11-24T02:33:56+01:00 temperature 21.5\n2026-11-24T02:34:56+01:00 temperature 21.6\n", ""),
    ("sensors.txt", "2026-11-24T02:33:56Z sensor1 temp: 21.5\n2026-11-24T02:34:56Z sensor1 temp: 21.6\n", ""),
    ("dump.sql", "-- MySQL dump 10.13\nINSERT INTO `log` VALUES ('2026-11-24 02:33:56','{e}');\n", ""),
    ("copy.sql", "COPY public.log (at, line) FROM stdin;\n2026-11-24 02:33:56\t{e}\\.\n", ""),
    ("ci.txt", "2026-11-24T02:33:56.1234567Z ##[group]Run cargo test\n2026-11-24T02:33:58.1234567Z warning: unused\n2026-11-24T02:33:59.2234567Z ##[error]Process completed with exit code 1.\n", ""),
    ("jenkins.txt", "[2026-11-24T02:33:56.123Z] + make\n[2026-11-24T02:33:57.123Z] cc -c a.c\nFinished: FAILURE\n", ""),
    ("iis.log", "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time s-ip cs-method cs-uri-stem s-port c-ip sc-status\r\n2026-11-24 02:33:56 10.0.0.1 GET / 80 203.0.113.5 200\r\n", "IIS"),
    ("pfirewall.log", "#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n\r\n2026-11-24 03:00:00 ALLOW TCP 10.0.0.5 93.184.216.34 51515 443 0 - 0 0 0 - - - SEND\r\n", "W3C"),
    ("CBS.log", "2026-11-24 03:00:19, Info                  CBS    TI: --- Initializing Trusted Installer ---\r\n", ""),
    ("events.csv", "Level,Date and Time,Source,Event ID\r\nError,11/24/2026 3:00:20 AM,HTTP,15005,\"Unable to bind\"\r\n", ""),
    ("Xorg.0.log", "[    21.123] \nX.Org X Server 1.21.1.7\n[    21.127] (II) LoadModule: \"glx\"\n[    21.128] (II) Module glx: vendor=\"X.Org\"\n", ""),
    ("alternatives.log", "update-alternatives 2026-11-24 02:21:45: run with --install /usr/bin/awk awk /usr/bin/mawk 5\n", ""),
    ("fontconfig.log", "/usr/share/fonts: caching, new cache contents: 0 fonts, 1 dirs\n", ""),
    ("vsftpd.log", "Tue Nov 24 02:33:56 2026 [pid 2] CONNECT: Client \"203.0.113.5\"\n", ""),
    ("xferlog", "Tue Nov 24 02:33:58 2026 1 203.0.113.5 12 /pub/a.txt b _ o a x@example.com ftp 0 * c\n", ""),
    ("smbd.log", "[2026/11/24 02:33:56.123456,  0] ../../source3/smbd/server.c:1746(main)\n  smbd version 4.17.12 started.\n", ""),
    ("cups.log", "localhost - - [24/Nov/2026:02:33:56 +0100] \"POST / HTTP/1.1\" 200 349 Create-Printer-Subscriptions successful-ok\n", ""),
    ("squid.log", "1795487636.123    456 203.0.113.5 TCP_MISS/200 1234 GET http://example.com/ - HIER_DIRECT/93.184.216.34 text/html\n", ""),
    ("squid-common.log", "203.0.113.5 - - [24/Nov/2026:02:33:56 +0100] \"GET http://example.com/ HTTP/1.1\" 200 1234 TCP_MISS:HIER_DIRECT\n", ""),
    ("traefik.log", "203.0.113.5 - - [24/Nov/2026:02:33:56 +0000] \"GET / HTTP/1.1\" 200 123 \"-\" \"-\" 1 \"web@docker\" \"http://10.0.0.2:80\" 3ms\n", ""),
    ("gc.log", "[2026-11-24T02:33:56.123+0100][info][gc,start    ] GC(0) Pause Young (Normal) (G1 Evacuation Pause)\n", ""),
    ("logcat.txt", "--------- beginning of main\n11-24 02:33:56.123  1234  1240 I ActivityManager: Start proc 5678:com.example/u0a1\n", ""),
    ("macos.log", "Timestamp                       (process)[PID]    \n2026-11-24 02:33:56.123456+0100  localhost kernel[0]: start\n", ""),
    ("elb.log", "2026-11-24T02:33:56.945958Z my-loadbalancer 203.0.113.5:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -\n", ""),
    ("alb.log", "http 2026-11-24T02:33:56.186641Z app/lb/50dc 203.0.113.5:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.46.0\" - -\n", ""),
    ("s3.log", "79a59d bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a59d 3E57 REST.GET.VERSIONING - \"GET /bucket?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" \"S3Console/0.4\" -\n", ""),
    ("vpc.log", "version account-id interface-id srcaddr dstaddr srcport dstport\n2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n", ""),
    ("envoy.log", "[2026-11-24T02:33:56.123Z] \"GET /status HTTP/1.1\" 200 - via_upstream - \"-\" 0 135 3 2 \"-\" \"curl/7.64.0\" \"a1b2\" \"httpbin:8000\" \"127.0.0.1:80\"\n", ""),
    ("audit.json", "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"verb\":\"list\",\"requestURI\":\"/api\",\"requestReceivedTimestamp\":\"2026-11-24T02:33:56.123456Z\"}\n", ""),
    ("app.json", "{\"level\":\"info\",\"time\":\"2026-11-24T02:33:56Z\",\"msg\":\"listening\",\"port\":80}\n", ""),
    ("package.json", "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\"\n}\n", ""),
    ("settings.yml", "docker: true\nversion: 3\nservices:\n  - a\n", ""),
    ("strace.txt", "execve(\"/usr/sbin/nginx\", [\"nginx\"], 0x7ffd) = 0\nbind(6, {sa_family=AF_INET}, 16) = -1 EADDRINUSE (Address already in use)\n", ""),
    ("tcpdump.txt", "02:33:56.123456 IP 10.0.0.1.51234 > 10.0.0.2.80: Flags [S], seq 1, win 64240, length 0\n", ""),
    ("passwd", "root:x:0:0:root:/root:/bin/bash\n", ""),
    ("crontab", "SHELL=/bin/sh\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n", ""),
    ("ps.txt", "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot           1  0.0  0.1 168420 12345 ?        Ss   Nov23   0:03 /sbin/init\n", ""),
    ("top.txt", "top - 02:33:56 up 1 day,  1 user,  load average: 0.00, 0.01, 0.05\nTasks: 100 total\n", ""),
    ("ls.txt", "total 48\n-rw-r----- 1 www-data adm 1234 Nov 24 02:33 access.log\n", ""),
    ("iptables.txt", "Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n", ""),
    ("tcp", "  sl  local_address rem_address   st tx_queue rx_queue\n   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1\n", ""),
    ("cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "a key or certificate"),
    ("blank.txt", "\n \n\n", "only blanks"),
];

/// The same in bytes.
const NO_TEXTS: &[(&str, &[u8], &str)] = &[
    ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    ("a.ico", b"\0\0\x01\0\x01\0\x10\x10", "image/x-icon"),
    ("a.pdf", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
    ("a.sqlite", b"SQLite format 3\0\x10\0", "SQLite"),
    ("a.evtx", b"ElfFile\0\0\0\0\0", "Windows event log"),
    ("program", b"\x7fELF\x02\x01\x01\0", "a program"),
    ("a.class", b"\xca\xfe\xba\xbe\0\0\0\x34", "Java"),
    ("a.pack", b"PACK\0\0\0\x02\0\0\0\x01", "git"),
    ("a.pcap", b"\xd4\xc3\xb2\xa1\x02\0\x04\0", "traffic"),
    ("windows.txt", b"\xff\xfe2\x000\x002\x006\0/\x001\x001\0", "iconv"),
    ("a.db", b"\0\0\0\0\0\0\0\0\0\0\0\0\x62\x31\x05\0\0", "Berkeley"),
    ("latin1.txt", b"Stra\xdfe\nM\xfcller\n", "no known format"),
];

#[test]
fn what_is_no_log_gets_no_format_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = Vec::new();
    for (name, text, says) in NO_LOGS {
        let text = text.replace("{e}", EMERG).replace("{a}", COMBINED).replace("{s}", SYSLOG);
        fs::write(folder.path().join(name), text).unwrap();
        wanted.push((*name, *says));
    }
    for (name, bytes, says) in NO_TEXTS {
        fs::write(folder.path().join(name), bytes).unwrap();
        wanted.push((*name, *says));
    }
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    let output = command.current_dir(folder.path()).args(["parse", "."]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8_lossy(&output.stderr);
    for (name, says) in &wanted {
        let says = if says.is_empty() { "no known format" } else { *says };
        let line = said.lines().find(|line| line.starts_with(&format!("pmtrace: ./{name}: ")));
        assert!(line.is_some_and(|line| line.contains(says)), "{name}: {line:?}, not {says:?}");
    }
    assert_eq!(said.lines().count(), wanted.len(), "{said}");
}

/// A line that two programs write to the byte alike, by a name for both.
fn family(name: &str) -> &str {
    match name {
        "nginx-access" | "apache-access" => "combined",
        "syslog-rfc3164" | "journald-short" => "short",
        name => name,
    }
}

/// Records of a file: line, and formats from the outermost to the innermost.
fn records(recognised: &Recognised, bytes: &[u8]) -> Vec<(usize, Vec<&'static str>)> {
    let mut found = Vec::new();
    walk(recognised, bytes, (0, bytes.len()), Detail::Records, &mut |place, item| {
        if let Item::Record(record) = item {
            found.push((place.line, [record.envelope.as_slice(), &[record.format]].concat()));
        }
    });
    found
}

#[test]
fn a_file_of_one_record_has_its_format() {
    for format in FORMATS {
        for sample in format.samples() {
            let file = format!("{sample}\n");
            let recognised = recognise("x.log", file.as_bytes()).unwrap_or_else(|| panic!("no format: {sample}"));
            assert_eq!(family(recognised.format.name()), family(format.name()), "{sample}");
            // A document is all records that stand in it.
            let count = records(&recognised, file.as_bytes()).len();
            let is_document = format.framing() == Framing::Document;
            assert!(count == 1 || is_document && count > 1, "{count}: {sample}");
        }
    }
}

#[test]
fn a_sample_is_claimed_by_its_own_format_alone() {
    // What journalctl and a syslog daemon write alike is told by the lines around; a binary journal is unpacked to an
    // export; HAProxy's common form and yum's stamps are others', too, and
    // stand before them in the list.
    let is_twin = |name: &str, other: &dyn Format| match name {
        "journald-binary" => other.name() == "journald-export",
        "haproxy-http" => family(other.name()) == "combined",
        "dnf" => family(other.name()) == "short",
        _ => other.samples().is_empty() && name.starts_with("syslog-"),
    };
    for format in FORMATS {
        for sample in format.samples() {
            let line = sample.split('\n').next().unwrap().as_bytes();
            for other in FORMATS.iter().filter(|other| family(other.name()) != family(format.name())) {
                let claims = other.is_start(b"", line) && other.parse(sample.as_bytes()).is_some();
                assert!(!claims || is_twin(format.name(), *other), "{} claims {sample}", other.name());
            }
        }
    }
}

/// Whether records of the format can stand between those of others.
fn is_of_lines(format: &dyn Format) -> bool {
    !format.framing().is_counted() && !matches!(format.framing(), Framing::Document | Framing::Objects)
}

#[test]
fn records_of_a_mixed_file_keep_their_formats() {
    let all: Vec<(&dyn Format, &str)> = FORMATS
        .iter()
        .filter(|format| is_of_lines(**format))
        .flat_map(|format| format.samples().iter().map(|sample| (*format, *sample)))
        .collect();
    for stride in [1, 7, 11, 17] {
        let mixed: Vec<_> = (0..all.len()).map(|index| all[index * stride % all.len()]).collect();
        let (mut file, mut wanted, mut line) = (String::new(), Vec::new(), 0);
        for (format, sample) in &mixed {
            wanted.push((line, family(format.name())));
            line += sample.split('\n').count();
            file = file + sample + "\n";
        }
        let recognised = recognise("x.log", file.as_bytes()).unwrap();
        let found = records(&recognised, file.as_bytes());
        for (line, name) in wanted {
            let (_, formats) = found.iter().find(|(at, _)| *at == line).unwrap_or_else(|| panic!("{name} is missing"));
            assert!(formats.iter().any(|format| is_called(format, name)), "{formats:?} for {name}");
        }
    }
}

/// Formats of one file's lines that have several names, as HAProxy's traffic.
fn is_called(format: &str, name: &str) -> bool {
    family(format) == name || format.starts_with("haproxy-") && name.starts_with("haproxy-")
}

#[test]
fn a_rare_line_far_from_the_sample_is_read() {
    let mut file = COMBINED.repeat(5000);
    file.push_str(EMERG);
    file.push_str(&COMBINED.repeat(5000));
    let recognised = recognise("access.log", file.as_bytes()).unwrap();
    let found = records(&recognised, file.as_bytes());
    assert_eq!((found.len(), found[5000].clone()), (10_001, (5000, vec!["nginx-error"])));
}

#[test]
fn what_only_the_name_tells() {
    let (short, common) = (SYSLOG.repeat(3), COMBINED.repeat(3));
    for (name, text, format) in [
        ("syslog", &short, "syslog-rfc3164"),
        ("logs/journal.txt", &short, "journald-short"),
        ("a.tar.gz!logs/journalctl.txt", &short, "journald-short"),
        ("journal/messages", &short, "syslog-rfc3164"),
        ("nginx/access.log", &common, "nginx-access"),
        ("apache2/access.log", &common, "apache-access"),
    ] {
        assert_eq!(recognise(name, text.as_bytes()).unwrap().format.name(), format, "{name}");
    }
}

#[test]
fn what_stands_around_records_is_no_record() {
    let status = format!("● nginx.service - A web server\n     Active: failed\n\n{SYSLOG}{SYSLOG}");
    let tail = format!("==> error.log <==\n{EMERG}\n==> access.log <==\n{COMBINED}");
    let entrypoint = format!("/docker-entrypoint.sh: Configuration complete; ready for start up\n{EMERG}");
    let long = format!("[WARNING]  (7578) : A worker died.\n{}", "Please look at the page of issues.\n".repeat(20));
    for (why, text, formats) in [
        ("systemctl status", &status, vec![(3, "journald-short"), (4, "journald-short")]),
        ("tail of two files", &tail, vec![(1, "nginx-error"), (4, "nginx-access")]),
        ("a container's first lines", &entrypoint, vec![(1, "nginx-error")]),
        ("a long message", &long, vec![(0, "haproxy-notice")]),
    ] {
        let recognised = recognise("x.log", text.as_bytes()).unwrap_or_else(|| panic!("{why}"));
        let found = records(&recognised, text.as_bytes());
        let found: Vec<_> = found.into_iter().map(|(line, formats)| (line, formats[0])).collect();
        assert_eq!(found, formats, "{why}");
    }
}

/// The folders with logs that are at hand.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fixtures/captures"), root.join("fixtures/incidents")];
    for folder in [root.join("../shared/corpus"), root.join("../shared/lab")] {
        if folder.exists() {
            folders.push(folder)
        } else {
            println!("left out, as it is not there: {}", folder.display())
        }
    }
    folders
}

#[test]
fn every_line_is_accounted_for() {
    let mut count = 0;
    for source in discover(&folders()).sources {
        let bytes = source.bytes();
        let Some(recognised) = recognise(&source.name, bytes) else { continue };
        let (mut told, mut last, mut shared) = (0, 0, 0);
        let (_, lines) = walk(&recognised, bytes, (0, bytes.len()), Detail::Records, &mut |place, _| {
            told += place.lines;
            // Records of a document may begin on a line on which another ends.
            shared += last.max(place.line) - place.line;
            last = place.line + place.lines;
        });
        let framing = recognised.format.framing();
        let is_binary = framing == Framing::JournalFile || bytes.contains(&0) && framing == Framing::Document;
        if framing == Framing::JournalExport {
            assert!(told <= lines, "{}: {told} of {lines} lines", source.name); // besides the empty lines between
        } else if framing == Framing::Document && !is_binary {
            assert_eq!(told - shared, lines, "{}", source.name);
        } else if !is_binary {
            assert_eq!(told, lines, "{}", source.name);
        }
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn verbose_and_unparsed_tell_the_same_lines() {
    let folder = tempfile::tempdir().unwrap();
    let notice = "[NOTICE]   (61) : New worker (65) forked\nand more of it\n";
    let file = format!("{COMBINED}cut off\n{COMBINED}\n{}{notice}==> b <==\nnothing\nelse\nhere\n", COMBINED.repeat(4));
    fs::write(folder.path().join("x.log"), &file).unwrap();
    let run = |args: &[&str]| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
        let output = command.current_dir(folder.path()).args(args).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let account = "x.log: 7 records as nginx-access, 1 continuation lines, 4 unparsed lines";
    let first = ["x.log:2: not understood: cut off", "x.log:12: not understood: nothing", "x.log:13: not understood"];
    for args in [["-v", "x.log"].as_slice(), &["parse", "-v", "x.log"]] {
        let (_, said) = run(args);
        assert!(said.contains(account) && first.iter().all(|line| said.contains(line)), "{args:?}: {said}");
        assert!(!said.contains("x.log:14"), "{args:?}: {said}");
    }
    let (written, said) = run(&["parse", "--unparsed", "x.log"]);
    assert_eq!(written, "x.log:2: cut off\nx.log:12: nothing\nx.log:13: else\nx.log:14: here\n");
    assert!(said.contains(account), "{said}");
    assert_eq!(run(&["parse", "-q", "--unparsed", "x.log"]).1, "");
}
