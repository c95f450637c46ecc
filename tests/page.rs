//! The page of `-o html`: well-formed, self-contained, small, and the same bytes as last time.
//!
//! The snapshots of the stories are below `fixtures/snapshots`. To renew them after a change that is meant:
//! `PMTRACE_RENEW=1 cargo test --test page`, then look at the difference, and at the pages
//! (`tests/page/screenshots.sh`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pmtrace::Question;
use pmtrace::report::html::{MOST_BYTES, html};
use pmtrace::report::model::{Evidence, Item, Latent, Report};

fn root(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The report on a built-in story.
fn story(name: &str) -> Report {
    pmtrace::answer(&Question::default(), pmtrace::demo::story(Some(name)).unwrap())
}

/// The report on logs below `fixtures`.
fn logs(below: &str) -> Report {
    pmtrace::investigate(&Question { paths: vec![root("fixtures").join(below)], ..Question::default() })
}

fn quiet_day() -> Report {
    logs("incidents/quiet-day/var/log")
}

/// All pages that the tests look at, with their names.
fn pages() -> &'static [(String, String)] {
    static PAGES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    PAGES.get_or_init(made)
}

fn made() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> =
        pmtrace::demo::names().map(|name| (name.to_owned(), html(&story(name)))).collect();
    pages.push(("quiet-day".into(), html(&quiet_day())));
    for capture in ["deploy-reload-fails", "holder-unknown", "nginx-apache-8080", "ongoing-outage"] {
        pages.push((format!("captured {capture}"), html(&logs(&format!("captures/{capture}")))));
    }
    pages.push(("hostile".into(), html(&hostile())));
    pages.push(("several".into(), html(&several(3))));
    pages.push(("huge".into(), html(&huge())));
    pages
}

/// The report on a story with its incident told so many times.
fn several(count: usize) -> Report {
    let mut report = story("apache-docker-port-80");
    let first = report.incidents[0].clone();
    report.incidents = (1..=count)
        .map(|number| {
            let mut incident = first.clone();
            incident.id = format!("i{number}");
            incident
        })
        .collect();
    report
}

/// More of everything than a page can hold, in letters that take most bytes.
fn huge() -> Report {
    let mut report = several(40);
    let word = "<\"'&>".repeat(400);
    let line =
        |number: usize| Evidence { file: format!("{word}{number}"), line: number, offset: 0, text: word.clone() };
    for incident in &mut report.incidents {
        incident.title.clone_from(&word);
        incident.impact.statement.clone_from(&word);
        let item = incident.timeline[0].clone();
        let kinds = ["bind-failure", "service-start", "service-stop", "operator-action", "hole"];
        incident.timeline = (0..200)
            .map(|number| Item {
                kind: kinds[number % kinds.len()],
                text: format!("{number}{word}"),
                service: Some(format!("{}{word}", number % 40)),
                evidence: (0..5).map(|part| line(number * 5 + part)).collect(),
                end: Some("2024-06-11T11:00:00Z".into()),
                ..item.clone()
            })
            .collect();
        let series = incident.series.as_mut().unwrap();
        series.requests = vec![1_000_000_000; 9000];
        series.failed = vec![1; 9000];
        series.missed = vec![7; 9000];
        let mut hypothesis = incident.hypotheses[0].clone();
        hypothesis.evidence_for = vec![hypothesis.evidence_for[0].clone(); 200];
        hypothesis.summary.clone_from(&word);
        incident.hypotheses = vec![hypothesis; 50];
        incident.assumptions = vec![word.clone(); 300];
        incident.services = vec![incident.services[0].clone(); 100];
    }
    let input = report.inputs[0].clone();
    report.inputs = (0..3000)
        .map(|number| {
            let mut input = input.clone();
            input.path = format!("{word}/{number}.log");
            input.sha256 = Some("0".repeat(64));
            input
        })
        .collect();
    report.asides = vec![word.clone(); 500];
    let latent = Latent {
        kind: "shared-port",
        service: None,
        address: None,
        port: Some(80),
        text: word.clone(),
        command: word.clone(),
        evidence: vec![line(1), line(2), line(3)],
    };
    report.latent = vec![latent; 200];
    report
}

/// Lines of an access log with an outage, whose failing requests carry what breaks pages and terminals.
fn hostile() -> Report {
    let folder = tempfile::tempdir().unwrap();
    let bad: &[&[u8]] = &[
        b"/</script><img src=x onerror=alert(1)>",
        b"/\x1b]0;title\x07\x1b[31mred",
        "/\u{202e}txt.exe\u{2066}\u{200b}".as_bytes(),
        b"/\xff\xfe\x80invalid",
        b"/--></style><svg onload=alert(1)>\"' x='",
        b"/{{ 7 * 7 }}{% raw %}&lt;b&gt;&#60;",
    ];
    let mut access: Vec<u8> = Vec::new();
    let mut error: Vec<u8> = Vec::new();
    for second in 0..5400u32 {
        let (hour, minute, of_minute) = (10 + second / 3600, second / 60 % 60, second % 60);
        let fails = (2000..3200).contains(&second);
        let mut target: Vec<u8> = if fails { bad[second as usize % bad.len()].to_vec() } else { b"/ok".to_vec() };
        if fails && second % 97 == 0 {
            target.extend(std::iter::repeat_n(b'w', 5000));
        }
        let status = if fails { 500 } else { 200 };
        let client = second % 61;
        access.extend(
            format!("10.0.0.{client} - - [24/Nov/2026:{hour}:{minute:02}:{of_minute:02} +0000] \"GET ").bytes(),
        );
        access.extend(&target);
        access.extend(format!(" HTTP/1.1\" {status} 12 \"-\" \"</td></table><script>alert(2)</script>\"\n").bytes());
    }
    let emerg = "2026/11/24 10:33:19 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)\n";
    error.extend(emerg.bytes());
    error.extend("2026/11/24 10:33:20 [emerg] 7#7: unknown directive \"</code><b onclick=x>\u{202e}\" in /etc/nginx/nginx.conf:3\n".bytes());
    let name = "<img src=x onerror=alert(3)>\u{202e}";
    fs::create_dir(folder.path().join(name)).unwrap();
    fs::write(folder.path().join(name).join("access.log"), access).unwrap();
    fs::write(folder.path().join(name).join("error.log"), error).unwrap();
    let notes = "2026-11-24T10:40:00Z </td><script>alert(4)</script>\u{1b}[2J".to_owned();
    let question =
        Question { paths: vec![folder.path().into()], notes: Some(("notes".into(), notes)), ..Question::default() };
    pmtrace::investigate(&question)
}

/// Elements that have no end.
const VOID: &[&str] = &["meta", "br", "link", "img", "hr", "input"];

/// A tag of a page: name, attributes, and whether it closes itself.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    is_end: bool,
    is_empty: bool,
}

/// Reads all tags by the plainest grammar that a page of pmtrace may use, and fails on all else.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype first");
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        let is_style = tags.last().is_some_and(|tag: &Tag<'_>| tag.name == "style" && !tag.is_end);
        if !is_style {
            entities(text);
            assert!(!text.contains('>'), "a bare > in {text:?}");
        }
        let end = at + rest[at..].find('>').expect("a tag ends");
        tags.push(tag(&rest[at + 1..end]));
        rest = &rest[end + 1..];
    }
    assert_eq!(rest.trim(), "", "nothing behind the last tag");
    tags
}

/// Every & begins one of the five.
fn entities(text: &str) {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|known| text[at..].starts_with(known)), "a bare & in {text:?}");
    }
}

fn tag(text: &str) -> Tag<'_> {
    let (text, is_empty) = text.strip_suffix('/').map_or((text, false), |text| (text, true));
    let (text, is_end) = text.strip_prefix('/').map_or((text, false), |text| (text, true));
    let (name, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "{text:?}");
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (key, behind) = rest.trim_start().split_once("=\"").unwrap_or_else(|| panic!("an attribute in {text:?}"));
        let (value, behind) = behind.split_once('"').expect("a closing quote");
        assert!(key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-'), "{text:?}");
        assert!(!attributes.iter().any(|(known, _)| *known == key), "{key} twice in {text:?}");
        entities(value);
        attributes.push((key, value));
        rest = behind;
    }
    Tag { name, attributes, is_end, is_empty }
}

/// Elements nest, ids are unique, links and labels lead somewhere, pictures have names, headings have no gaps.
fn check(name: &str, page: &str) {
    let tags = tags(page);
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut meant = Vec::new();
    let mut level = 0;
    for tag in &tags {
        if tag.is_end {
            assert_eq!(open.pop(), Some(tag.name), "{name}: elements nest");
            continue;
        }
        if !tag.is_empty && !VOID.contains(&tag.name) {
            open.push(tag.name);
        }
        for (key, value) in &tag.attributes {
            match *key {
                "id" => assert!(ids.insert(*value), "{name}: {value} twice"),
                "href" => meant.extend(value.strip_prefix('#')),
                "aria-labelledby" => meant.extend(value.split(' ')),
                "fill" => meant.extend(value.strip_prefix("url(#").map(|id| id.trim_end_matches(')'))),
                key => assert!(!key.starts_with("on") && key != "style" && key != "src", "{name}: {key}={value}"),
            }
        }
        let has = |key: &str| tag.attributes.iter().any(|(known, _)| *known == key);
        if tag.name == "svg" && !tag.attributes.contains(&("class", "at")) {
            assert!(has("role") && has("aria-labelledby"), "{name}: a picture has a name");
        }
        if let Some(own) = tag.name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
            assert!(own <= level + 1, "{name}: a heading of level {own} follows one of {level}");
            level = own;
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} have no end");
    for id in meant {
        assert!(ids.contains(id), "{name}: nothing is #{id}");
    }
    let count = |wanted: &str| tags.iter().filter(|tag| tag.name == wanted && !tag.is_end).count();
    assert_eq!((count("h1"), count("main"), count("title") > 0, count("script")), (1, 1, true, 0), "{name}");
    let pictures = tags.iter().filter(|tag| tag.name == "svg" && tag.attributes.iter().any(|(key, _)| *key == "role"));
    assert_eq!(pictures.count(), count("desc"), "{name}: a picture has a description");
}

#[test]
fn every_page_is_well_formed_and_below_its_size() {
    for (name, page) in pages() {
        check(name, page);
        assert!(page.len() <= MOST_BYTES, "{name}: {} bytes", page.len());
        assert!(page.len() > 5000, "{name}: it says something");
    }
}

#[test]
fn a_page_asks_nobody_for_anything() {
    for (name, page) in pages() {
        let lower = page.to_lowercase();
        for outward in ["src=\"", "href=\"http", "href=\"/", "@import", "<script", "<link", "<iframe", "<img", "<form"]
        {
            assert!(!lower.contains(outward), "{name}: {outward}");
        }
        let outward = lower.match_indices("url(").filter(|(at, _)| !lower[*at..].starts_with("url(#"));
        assert_eq!(outward.count(), 0, "{name}: url(");
        let policy = "content=\"default-src 'none'; style-src 'sha256-";
        assert!(page.contains(policy), "{name}: the page's own rules of what it may load");
    }
}

#[test]
fn what_a_log_says_stays_text() {
    let report = hostile();
    assert!(!report.incidents.is_empty(), "the log tells of an outage: {:?}", report.quiet);
    let page = html(&report);
    check("hostile", &page);
    assert!(page.contains("&lt;img src=x onerror=alert(3)&gt;"), "the name of the folder is shown");
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert(4)&lt;/script&gt;␛[2J"), "the note is shown");
    for hidden in page.chars().filter(|letter| !matches!(letter, '\n' | '\t')) {
        assert!(!hidden.is_control(), "{hidden:?}");
        assert!(
            !matches!(hidden, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
            "{hidden:?}"
        );
    }
}

/// Whether a page says all of these, each as a part of its text.
fn says(name: &str, page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{name}: {part}");
    }
}

#[test]
fn a_page_tells_the_story() {
    let page = html(&story("apache-docker-port-80"));
    says(
        "apache-docker-port-80",
        &page,
        &[
            "apache2 could not start, because container web-preview held port\u{a0}80 (0.0.0.0).",
            ">2024-06-11 10:00:07</time> <span class=\"keep\">UTC</span>",
            "<span class=\"value\">69 %</span>",
            "(failed + missed) / expected = (1,633 + 0) / 2,356 = 69.31\u{a0}%",
            "container web-preview on web01 held port 80 from 10:00:12 to 11:15:06",
            "port 80 from 10:00:12 to 11:15:06</text>",
            "<span class=\"effect better\">helped</span>",
            "<span class=\"effect worse\">made it worse</span>",
            "What speaks for it",
            "web01/var/log/syslog:16</a>",
            "no request reached apache2 on web01",
            "zone and nothing proves one",
        ],
    );
    says("quiet-day", &html(&quiet_day()), &["<h1>No incident</h1>", "8,556 requests among them", "nginx/error.log"]);
    says("several", &html(&several(3)), &["<h1>3 incidents</h1>", "href=\"#i3\"", "<article id=\"i3\""]);
    says("ongoing", &html(&logs("captures/ongoing-outage")), &["not over when the logs end"]);
    says("holder unknown", &html(&logs("captures/holder-unknown")), &["Who held port 80 is not determined."]);
}

#[test]
fn what_is_left_out_is_said() {
    let page = html(&huge());
    let more = page.matches(" more in the JSON report.").count();
    assert!(more >= 8, "{more}");
    says("huge", &page, &["9 more incidents are told in full in the JSON report.", "What waits to happen"]);
}

#[test]
fn pages_are_those_of_the_snapshots() {
    let folder = root("fixtures/snapshots");
    let renews = std::env::var_os("PMTRACE_RENEW").is_some();
    let mut broken = String::new();
    let stories = pmtrace::demo::names().map(|name| (name, story(name))).chain([("quiet-day", quiet_day())]);
    for (name, mut report) in stories {
        if name == "quiet-day" {
            // The page names the folder, which is another one on every machine.
            let prefix = format!("{}/", root("fixtures/incidents").display());
            report.inputs.iter_mut().for_each(|input| input.path = input.path.replace(&prefix, ""));
            report.warnings.iter_mut().for_each(|warning| warning.text = warning.text.replace(&prefix, ""));
        }
        let (page, path) = (html(&report), folder.join(format!("{name}.html")));
        if renews {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &page).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if kept != page {
            let line = kept.lines().zip(page.lines()).position(|(kept, new)| kept != new).unwrap_or_default();
            let shown = |text: &str| text.lines().nth(line).unwrap_or_default().chars().take(300).collect::<String>();
            let _ = writeln!(broken, "{name}.html:{}\n  kept: {}\n  now:  {}", line + 1, shown(&kept), shown(&page));
        }
    }
    assert!(broken.is_empty(), "renew them with PMTRACE_RENEW=1 if that is meant:\n{broken}");
}

/// A validator that is not the project's own: the Nu checker, as `vnu`, or as a jar in `VNU_JAR`.
fn validator() -> Option<Command> {
    if let Some(jar) = std::env::var_os("VNU_JAR") {
        let mut command = Command::new("java");
        command.arg("-jar").arg(jar);
        return Some(command);
    }
    Command::new("vnu").arg("--version").output().ok().map(|_| Command::new("vnu"))
}

#[test]
fn the_nu_checker_finds_no_fault() {
    let Some(mut command) = validator() else {
        println!("skipped: the Nu checker is missing (install vnu, or set VNU_JAR to its jar)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, page) in pages() {
        fs::write(folder.path().join(format!("{}.html", name.replace(' ', "-"))), page).unwrap();
    }
    // Warnings are no faults: it does not compute the hash of the style sheet.
    let output = command.arg("--errors-only").arg(folder.path()).output().expect("the checker starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// In a browser nothing is wider than the narrowest screens, but for tables in boxes of their own.
#[test]
fn no_page_is_wider_than_a_narrow_screen() {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let own = std::env::var("CHROMIUM").ok();
    let found =
        own.iter().map(String::as_str).chain(names).find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(chromium) = found else {
        println!("skipped: Chromium is missing (set CHROMIUM to its path)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // The page may run no script, so a frame around it, 360 pixels wide, is measured from outside.
    let probe = "<!DOCTYPE html><title>waits</title><iframe style=\"width:360px;height:800px;border:0\"></iframe><script>
        onload = () => { const inner = frames[0].document; const page = new DOMParser().parseFromString(PAGE, 'text/html');
        inner.replaceChild(inner.adoptNode(page.documentElement), inner.documentElement);
        const room = inner.documentElement.clientWidth;
        const wide = [...inner.querySelectorAll('body *')].filter(one => !one.closest('.scroll, svg')
          && one.getBoundingClientRect().right > room + 1).map(one => one.tagName + '.' + one.className);
        const styled = frames[0].getComputedStyle(inner.body).marginTop === '0px';
        const fits = styled && !wide.length && inner.documentElement.scrollWidth <= room;
        document.body.textContent = (fits ? 'fits ' : 'wide ') + room + ' ' + wide.slice(0, 5); };</script>";
    for (name, page) in pages() {
        let text = serde_json::to_string(&page).unwrap().replace("</", "<\\/").replace("<!--", "<\\!--");
        let path = folder.path().join("probe.html");
        fs::write(&path, probe.replace("PAGE", &text)).unwrap();
        let output = Command::new(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg(format!("file://{}", path.display()))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("fits 3"), "{name}: {}", &told[told.find("<body").unwrap_or(0)..]);
    }
}
