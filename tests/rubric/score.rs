//! The rubric: thirty demands on a draft, 0 to 2 marks each, and two rules without marks (stories, section 3).

use regex::Captures;
use serde_json::Value as Json;

use super::draft::{Draft, Truth, prose, regex, sentences, without_references, words};

/// Marks and broken rules.
pub struct Judged {
    /// Marks by demand; the first demand is at 0.
    pub marks: [u8; 30],
    /// What is neither in the report nor in the notes, or must not be told.
    pub broken: Vec<String>,
}

impl Judged {
    pub fn total(&self) -> u32 {
        self.marks.iter().map(|mark| u32::from(*mark)).sum()
    }

    /// Demands by their numbers that have not both marks.
    pub fn lacking(&self) -> Vec<(usize, u8)> {
        self.marks.iter().enumerate().filter(|(_, mark)| **mark < 2).map(|(index, mark)| (index + 1, *mark)).collect()
    }
}

const HEADINGS: [&str; 4] =
    ["Issue Summary", "Timeline", "Root cause and resolution", "Corrective and preventative measures"];

/// Judges the draft of one incident. `notes` is what people wrote down, if anything.
pub fn judge(text: &str, report: &Json, incident: usize, notes: &str) -> Judged {
    let draft = Draft::new(text);
    let truth = Truth::new(report, incident, notes, text);
    let invented = invented(&draft, &truth);
    let mut broken = invented.clone();
    broken.extend(secrets(&draft, &truth));
    let marks = [
        headings(&draft),
        window(&draft, &truth),
        service(&draft, &truth),
        seen(&draft, &truth),
        users(&draft, &truth),
        cause(&draft, &truth),
        order(&draft),
        short(&draft),
        detected(&draft),
        detected_by(&draft),
        actions(&draft, &truth),
        resolved(&draft, &truth),
        holder(&draft, &truth),
        asked_or_told(&draft, &["assumed", "looks like", "must be", "noted: \""]),
        misleading(&draft, &truth),
        asked_or_told(&draft, &["escalat"]),
        chain(&draft),
        fix(&draft, &truth),
        broadly(&draft),
        tasks(&draft, &truth),
        fitting(&draft, &truth),
        length(&draft),
        blameless(&draft, &truth),
        evidence(&draft, &truth),
        told_apart(&draft),
        questions(&draft, &truth),
        if invented.is_empty() { 2 } else { 0 },
        times(&draft, &truth),
        computed(&draft),
        english(&draft),
    ];
    Judged { marks, broken }
}

fn share(met: usize, of: usize) -> u8 {
    match met {
        met if met >= of => 2,
        met if met * 2 >= of => 1,
        _ => 0,
    }
}

fn headings(draft: &Draft) -> u8 {
    let found: Vec<&str> = draft.sections.iter().map(|(heading, _)| heading.as_str()).collect();
    match HEADINGS.iter().filter(|heading| found.contains(heading)).count() {
        4 if found == HEADINGS => 2,
        3.. => 1,
        _ => 0,
    }
}

/// `1 h 5 min` and the like, in seconds, with how exact it is.
fn durations(text: &str) -> Vec<(f64, f64)> {
    let told = regex(r"(\d+) h (\d+) min|(\d+) min (\d+) s|(\d+) min|(\d+) s\b");
    let number =
        |found: &Captures<'_>, index: usize| found.get(index).and_then(|part| part.as_str().parse::<f64>().ok());
    let read = |found: Captures<'_>| match [1, 2, 3, 4, 5, 6].map(|index| number(&found, index)) {
        [Some(hours), Some(minutes), ..] => (hours * 3600.0 + minutes * 60.0, 60.0),
        [_, _, Some(minutes), Some(seconds), ..] => (minutes * 60.0 + seconds, 1.0),
        [_, _, _, _, Some(minutes), _] => (minutes * 60.0, 1.0),
        [.., Some(seconds)] => (seconds, 1.0),
        _ => (f64::NAN, 0.0),
    };
    told.captures_iter(text).map(read).collect()
}

fn is_about(told: &(f64, f64), wanted: f64) -> bool {
    (told.0 - wanted).abs() <= told.1
}

fn window(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let summary = draft.summary();
    let lasts = truth.duration_s();
    let met = [
        summary.contains(&truth.local(truth.start())),
        truth.end().map_or(summary.contains("goes on"), |end| summary.contains(&truth.clock(end))),
        durations(summary).iter().any(|told| is_about(told, lasts)),
        summary.contains("UTC"),
    ];
    share(met.iter().filter(|met| **met).count(), 4)
}

/// Names of the services of the report.
fn names(truth: &Truth<'_>) -> Vec<String> {
    let services = truth.of["services"].as_array().into_iter().flatten().map(|service| &service["name"]);
    let all = services.chain([&truth.of["cause"]["service"], &truth.of["impact"]["layer"]]);
    all.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn service(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let first = draft.summary().replace('\\', "");
    let own = truth.of["cause"]["service"].as_str().or(truth.of["impact"]["layer"].as_str()).unwrap_or("the service");
    let states = regex(r"\b(down|slow|failing|overloaded|silent|unreachable)\b");
    u8::from(first.contains(own))
        + u8::from(sentences(&first).iter().any(|part| part.contains(own) && states.is_match(part)))
}

fn seen(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let Some(sentence) = sentences(draft.summary()).into_iter().find(|part| part.contains("sers saw")) else {
        return 0;
    };
    let all = truth.all();
    let status = regex(r"\b[45]\d\d\b");
    let is_told = |status: &str| regex(&format!(r"(?m) {status}( |$)")).is_match(&all);
    let is_known = status.find_iter(&sentence).all(|found| is_told(found.as_str()));
    let words = ["refused", "no answer", "error answers", "broken connections", "slow", "old content", "do not show"];
    match (status.is_match(&sentence), words.iter().any(|word| sentence.contains(word))) {
        (true, _) => u8::from(is_known) * 2,
        (false, true) => 2,
        _ => 1,
    }
}

/// Whether a share is told as the report has it.
fn is_share(text: &str, percent: f64) -> bool {
    let told = regex(r"(\d+(?:\.\d+)?) %");
    told.captures_iter(text)
        .filter_map(|found| found[1].parse::<f64>().ok())
        .any(|value| (value - percent).abs() <= 0.55)
}

fn users(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let clients = &truth.of["impact"]["clients"];
    let summary = draft.summary();
    let Some(percent) = clients["percent"].as_f64() else { return 2 * u8::from(summary.contains("cannot be known")) };
    let Some(sentence) = sentences(summary).into_iter().find(|part| part.contains("of users")) else { return 0 };
    let (low, high) = (clients["low"].as_f64().unwrap_or(percent), clients["high"].as_f64().unwrap_or(percent));
    let has_interval = if high - low >= 1.0 {
        is_share(&sentence, low) && is_share(&sentence, high)
    } else {
        sentence.contains("without an interval")
    };
    u8::from(is_share(&sentence, percent)) + u8::from(is_share(&sentence, percent) && has_interval)
}

/// What a kind of cause is told by.
fn words_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "port-conflict" => &["port"],
        "bind-permission" => &["allowed to bind", "right to bind", "rights to bind"],
        "crash" => &["died", "crash"],
        "oom" => &["memory"],
        "backend-down" => &["did not answer", "server"],
        "upstream-timeout" => &["slow", "time limit", "response time"],
        "misconfiguration" => &["configuration"],
        "overload" => &["more requests than", "load"],
        "resource-limit" => &["limit"],
        "host-down" => &["host"],
        _ => &["not determined", "failing answers", "change"],
    }
}

fn tells_holder(text: &str, truth: &Truth<'_>) -> bool {
    let holder = &truth.of["cause"]["holder"];
    if holder.is_null() {
        return text.contains("not determined");
    }
    let name = holder["name"].as_str().unwrap_or("unknown");
    regex(&format!("{}.{{0,20}} held", regex::escape(name))).is_match(&text.replace('\\', ""))
}

fn cause(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let Some(line) = draft.summary().lines().find(|line| line.contains("Root cause")) else { return 0 };
    let is_kind = words_of(truth.kind()).iter().any(|word| line.contains(word));
    let is_whole = truth.kind() != "port-conflict" || tells_holder(line, truth);
    u8::from(is_kind) + u8::from(is_kind && is_whole)
}

/// The time that a bullet begins with.
fn time_of(bullet: &str) -> Option<&str> {
    let first = regex(r"^\**((?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d)\**\s");
    first.captures(bullet).map(|found| found.get(1).expect("a group").range()).map(|range| &bullet[range])
}

fn order(draft: &Draft) -> u8 {
    let bullets = draft.bullets();
    let times: Vec<&str> = bullets.iter().filter_map(|bullet| time_of(bullet)).collect();
    match () {
        () if times.len() < 3 || times.len() * 2 < bullets.len() => 0,
        () if times.len() < bullets.len() || !times.is_sorted() => 1,
        () => 2,
    }
}

fn short(draft: &Draft) -> u8 {
    let bullets = draft.bullets();
    let is_short = |bullet: &&&str| {
        let sentences = sentences(bullet);
        (1..=2).contains(&sentences.len()) && sentences.iter().all(|sentence| words(sentence) <= 30)
    };
    let all = sentences(&draft.text.replace(['#', '*'], "").replace("\n\n", ".\n\n"));
    let is_long = all.iter().flat_map(|part| part.split('\n')).any(|sentence| words(sentence) > 30);
    match bullets.iter().filter(is_short).count() {
        0 => 0,
        count if count < bullets.len() || is_long => 1,
        _ => 2,
    }
}

fn detected(draft: &Draft) -> u8 {
    let is_asked = draft.questions().iter().any(|question| question.contains("noticed") && question.contains(':'));
    let is_told = regex(r"Time to detect: (at |\d)|[Dd]etection:").is_match(&draft.text);
    u8::from(is_asked || is_told) * 2
}

fn detected_by(draft: &Draft) -> u8 {
    let is_asked = draft.questions().iter().any(|question| question.contains("by what"));
    let by = regex(r"etect[^.;\n]*(note|health check|command)");
    u8::from(is_asked || by.is_match(draft.timeline()) || by.is_match(draft.summary())) * 2
}

fn actions(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let (first, last) = (-60.0, truth.duration_s() + 60.0);
    let is_action = |item: &&Json| {
        item["kind"] == "operator-action"
            && item["time"].as_str().is_some_and(|time| (first..=last).contains(&truth.after_start(time)))
    };
    let bullets = draft.bullets();
    let told: Vec<&&str> = bullets.iter().filter(|bullet| bullet.contains(" ran `")).collect();
    let has_effect = |bullet: &&&&str| bullet.contains("Effect: ") || bullet.contains("failure began");
    match told.len() {
        0 => 2 * u8::from(!truth.items().any(|item| is_action(&item))),
        count => share(told.iter().filter(has_effect).count(), count),
    }
}

fn resolved(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let text = draft.root_cause();
    if truth.end().is_none() {
        return 2 * u8::from(text.contains("goes on") && text.contains("no resolution is known"));
    }
    let end = truth.duration_s();
    let mitigated = truth.of["marks"]["mitigated"]["time"].as_str().map(|time| truth.clock(time));
    if let Some(time) = mitigated {
        return 2 * u8::from(text.contains(&time));
    }
    let ends = |item: &&Json| {
        let at = item["time"].as_str().map_or(f64::NAN, |time| truth.after_start(time));
        let kind = item["kind"].as_str().unwrap_or_default();
        (end - 180.0..=end + 60.0).contains(&at)
            && matches!(
                kind,
                "operator-action" | "service-start" | "backend-up" | "reload" | "container-stop" | "backend-down"
            )
            && item["effect"] != "none"
    };
    let mut candidates = truth.items().filter(ends).filter_map(|item| item["time"].as_str());
    match () {
        () if text.contains("No action is seen") => 2,
        () if candidates.any(|time| text.contains(&format!("At {}", truth.clock(time)))) => 2,
        () => 0,
    }
}

fn holder(draft: &Draft, truth: &Truth<'_>) -> u8 {
    if truth.kind() != "port-conflict" {
        return 2;
    }
    let Some(line) = draft.root_cause().lines().find(|line| tells_holder(line, truth)) else { return 0 };
    let needs_line = !truth.of["cause"]["holder"].is_null();
    1 + u8::from(!needs_line || regex(r"`[^`]+:\d+`").is_match(line))
}

/// Told in the timeline, or asked.
fn asked_or_told(draft: &Draft, signs: &[&str]) -> u8 {
    let has = |text: &str| signs.iter().any(|sign| text.contains(sign));
    let is_told = draft.bullets().iter().any(|bullet| bullet.contains("noted") && has(bullet));
    2 * u8::from(is_told || draft.questions().iter().any(|question| has(question)))
}

fn misleading(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let vain: Vec<String> = truth
        .items()
        .filter(|item| item["kind"] == "operator-action" && item["effect"] == "none")
        .filter_map(|item| item["time"].as_str())
        .map(|time| truth.clock(time))
        .collect();
    let bullets = draft.bullets();
    let told: Vec<&&str> = bullets
        .iter()
        .filter(|bullet| bullet.contains(" ran `") && vain.iter().any(|time| bullet.contains(time)))
        .collect();
    let is_marked = |bullet: &&&&str| {
        ["misleading", "only a look", "became free", "failure began", "afterwards", "none visible"]
            .iter()
            .any(|word| bullet.contains(word))
    };
    match (vain.len(), told.len()) {
        (0, _) => 2,
        (_, 0) => 0,
        (_, count)
            if !told.iter().any(|bullet| {
                bullet.contains("misleading") || bullet.contains("became free") || bullet.contains("began")
            }) =>
        {
            share(count - 1, count)
        }
        (_, count) => share(told.iter().filter(is_marked).count(), count),
    }
}

fn chain(draft: &Draft) -> u8 {
    let step = regex(r"^\d+\. ");
    let steps: Vec<&str> = draft.root_cause().lines().filter(|line| step.is_match(line)).collect();
    let begins = steps.first().is_some_and(|step| step.contains("trigger") || step.contains("set it off"));
    let ends = regex(r"ended with|failed|did not arrive");
    let ends = steps.last().is_some_and(|step| step.contains("requests") && ends.is_match(step));
    match steps.len() {
        4.. if begins && ends => 2,
        2.. => 1,
        _ => 0,
    }
}

fn fix(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let text = draft.root_cause();
    let changed = regex(r"\bchanged\b").is_match(text);
    let because = truth.end().is_none() || text.contains("because");
    u8::from(changed) + u8::from(changed && because)
}

fn broadly(draft: &Draft) -> u8 {
    let before = draft.measures().split("- [ ]").next().unwrap_or_default();
    match words(before) {
        10.. => 2,
        3.. => 1,
        _ => 0,
    }
}

const VERBS: &[&str] = &[
    "Add", "Alert", "Check", "Disable", "Extend", "Find", "Grant", "Keep", "Limit", "Log", "Measure", "Move", "Patch",
    "Prepare", "Probe", "Profile", "Raise", "Record", "Release", "Remove", "Reserve", "Review", "Run", "Send", "Set",
    "Start", "Stop", "Test", "Trace", "Turn", "Write",
];

fn tasks(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let names = names(truth);
    let place = regex(r"\b(on|at|in|of|behind|from|to|through) \S+");
    let is_specific = |task: &&&str| {
        let plain = task.replace('\\', "");
        VERBS.contains(&plain.split(' ').next().unwrap_or_default())
            && words(&plain) >= 6
            && place.is_match(&plain)
            && (names.iter().any(|name| plain.contains(name.as_str())) || regex(r"\bport \d+|host").is_match(&plain))
    };
    share(draft.tasks().iter().filter(is_specific).count(), 5)
}

fn fitting(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let tasks = draft.tasks();
    let aims = ["prevent", "detect sooner", "recover faster"];
    let has_aims = aims.iter().all(|aim| tasks.iter().any(|task| task.contains(&format!("({aim})"))));
    let fits = tasks.iter().filter(|task| words_of(truth.kind()).iter().any(|word| task.contains(word))).count() >= 2;
    u8::from(has_aims) + u8::from(has_aims && fits)
}

fn length(draft: &Draft) -> u8 {
    match words(&draft.text) {
        400..=600 => 2,
        350..=660 => 1,
        _ => 0,
    }
}

fn blameless(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let text = without_references(&draft.text).replace('\\', "");
    let blames = ["should have", "careless", "blame", "fault of", "mistake"];
    let is_named = |name: &String| {
        let known = names(truth);
        !known.contains(name)
            && regex(&format!(r"(^|[^\w.~/-]){}([^\w.@/-]|$)", regex::escape(name))).is_match(&prose(&text))
    };
    match () {
        () if blames.iter().any(|word| text.to_lowercase().contains(word)) => 0,
        () if truth.people().iter().any(is_named) || text.contains("/home/") => 0,
        () => 2,
    }
}

/// References of a text that the report does not have, and how many it has.
fn references(text: &str, truth: &Truth<'_>) -> (Vec<String>, usize) {
    let known = truth.evidence();
    let told = regex(r"`([^`]*[^`\s]):(\d+)`[),]");
    let mut unknown = Vec::new();
    let mut count = 0;
    for found in told.captures_iter(text) {
        let (file, line) = (&found[1], found[2].parse::<u64>().unwrap_or(0));
        let is_known = known.iter().any(|(path, number)| *number == line && path.ends_with(file));
        count += usize::from(is_known);
        if !is_known {
            unknown.push(format!("no such evidence: {file}:{line}"));
        }
    }
    (unknown, count)
}

fn evidence(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let bullets = draft.bullets();
    let with = bullets.iter().filter(|bullet| references(bullet, truth).1 > 0).count();
    if bullets.is_empty() { 0 } else { share(with, bullets.len()) }
}

fn told_apart(draft: &Draft) -> u8 {
    let text = draft.root_cause();
    let found = ["The logs show", "This suggests", "do not show"].iter().filter(|sign| text.contains(*sign)).count();
    match found {
        3 => 2,
        1.. => 1,
        _ => 0,
    }
}

fn questions(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let questions = draft.questions();
    let names = names(truth);
    let is_specific = |question: &&&str| {
        let plain = question.replace('\\', "");
        question.trim_end().ends_with('?')
            && words(question) >= 6
            && (regex(r"\d\d:\d\d|port \d|`").is_match(question)
                || names.iter().any(|name| plain.contains(name.as_str())))
    };
    match questions.len() {
        8.. => 0,
        count => share(questions.iter().filter(is_specific).count(), count),
    }
}

fn times(draft: &Draft, truth: &Truth<'_>) -> u8 {
    let told = |what: &str| {
        let found =
            regex(&format!("[Tt]ime to {what}: ([^;.]+)")).captures(&draft.text).map(|found| found[1].to_owned());
        found.filter(|found| found.contains("not known") || found.contains("at once") || !durations(found).is_empty())
    };
    let resolve = told("resolve").is_some_and(|text| {
        truth.end().is_none() == text.contains("not known")
            && (truth.end().is_none() || durations(&text).iter().any(|told| is_about(told, truth.duration_s())))
    });
    u8::from(resolve) + u8::from(resolve && told("detect").is_some() && told("mitigate").is_some())
}

fn computed(draft: &Draft) -> u8 {
    let sentence = sentences(draft.summary()).into_iter().find(|part| part.contains("computed"));
    match sentence {
        Some(part) if ["counting", "rate", "no share", "logged"].iter().any(|word| part.contains(word)) => 2,
        Some(_) => 1,
        None => 0,
    }
}

fn english(draft: &Draft) -> u8 {
    let text = prose(&draft.text);
    let odd = ["null", "undefined", "{", "}", " ,", " .", "..", "evidence_for", "duration_s"];
    let field = regex(r"\b[a-z]+_[a-z_]+\b");
    let without_lines = text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n");
    let is_odd = odd.iter().any(|word| without_lines.contains(word)) || field.is_match(&without_lines);
    let is_open = |line: &&str| {
        let plain =
            !line.is_empty() && !line.starts_with(['#', '-', '*', '[']) && !line.ends_with(['.', '?', ':', ')']);
        plain && line.len() > 1
    };
    2 * u8::from(!is_odd) - u8::from(!is_odd && without_lines.lines().any(|line| is_open(&line)))
}

/// Times, figures and references that are neither in the report nor in the notes.
fn invented(draft: &Draft, truth: &Truth<'_>) -> Vec<String> {
    let mut found = references(&draft.text, truth).0;
    let known_times = truth.times();
    let local: Vec<String> = known_times.iter().map(|time| truth.local(time)).collect();
    let text = prose(&draft.text);
    let stamp = regex(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d");
    for told in stamp.find_iter(&text) {
        if !local.iter().any(|time| time.contains(told.as_str())) {
            found.push(format!("a time that nothing tells: {}", told.as_str()));
        }
    }
    let gaps: Vec<f64> = known_times.iter().map(|time| truth.after_start(time).abs()).collect();
    for told in durations(&text) {
        if !gaps.iter().any(|gap| is_about(&told, *gap)) && !is_about(&told, truth.duration_s()) {
            found.push(format!("a duration that nothing tells: {} s", told.0));
        }
    }
    let text = stamp.replace_all(&text, "");
    let text =
        regex(r"(\d+) h (\d+) min|(\d+) min (\d+) s|(\d+) min|(\d+) s\b|UTC[+-]\d\d:\d\d").replace_all(&text, "");
    let text = regex(r"(?m)^\d+\. ").replace_all(&text, "");
    let numbers = truth.numbers();
    for told in regex(r"(about )?\b(\d+(?:,\d{3})*(?:\.\d+)?)( %)?").captures_iter(&text) {
        let Ok(value) = told[2].replace(',', "").parse::<f64>() else { continue };
        let allowed = match (told.get(1).is_some(), told.get(3).is_some()) {
            (true, _) => 0.06 * value,
            (_, true) => 0.55,
            _ => 0.0,
        };
        if !numbers.iter().any(|number| (number - value).abs() <= allowed) {
            found.push(format!("a figure that nothing tells: {}", &told[2]));
        }
    }
    found
}

/// Secrets, and addresses of clients.
fn secrets(draft: &Draft, truth: &Truth<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let secret = regex(r"(?i)\b(password|passwd|secret|token|api[_-]?key|authorization|bearer)\b\s*[=: ]\s*\S{4,}");
    found.extend(secret.find_iter(&draft.text).map(|told| format!("a secret: {}", told.as_str())));
    let cause = format!("{} {}", truth.of["cause"]["service"], truth.of["cause"]["address"]);
    for told in regex(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b").find_iter(&draft.text) {
        let address = told.as_str();
        if !(address.starts_with("127.") || address == "0.0.0.0" || cause.contains(address)) {
            found.push(format!("an address: {address}"));
        }
    }
    found
}
