//! All texts of a report, one after the other. Each structure is taken apart to its last field, so that a new field is
//! an error here and cannot be forgotten.

use std::collections::BTreeSet;

use crate::report::explain::{Explanation, Fact};
use crate::report::model::{
    Coverage, Evidence, Holder, Hypothesis, Impact, Incident, Input, Item, Latent, Mark, Marks, Quiet, Reason, Report,
    Series, Service, Skipped, Warning, Zone,
};

/// What is done with each text.
type Each<'a> = dyn FnMut(&mut String) + 'a;

/// Calls `each` for every text: incidents first, so that the first clients are those that a reader meets first.
pub(super) fn texts(report: &mut Report, each: &mut Each<'_>) {
    let Report {
        schema: _,
        version: _,
        options,
        inputs,
        skipped,
        warnings,
        coverage,
        quiet,
        incidents,
        latent,
        zone: _,
        asides,
        explanations,
        extracts: _, // bytes: `Redaction::extracts` takes them
    } = report;
    incidents.iter_mut().for_each(|of| incident(of, each));
    latent.iter_mut().for_each(|of| waiting(of, each));
    if let Some(Quiet { text }) = quiet {
        each(text);
    }
    explanations.iter_mut().for_each(|of| explanation(of, each));
    inputs.iter_mut().for_each(|of| input(of, each));
    for Skipped { path, reason, is_problem: _ } in skipped {
        each(path);
        each(reason);
    }
    for Warning { code: _, text, input } in warnings {
        each(text);
        all(input, each);
    }
    if let Some(Coverage { first, last }) = coverage {
        each(first);
        each(last);
    }
    all(asides, each);
    all(options.values_mut(), each);
}

fn all<'t>(texts: impl IntoIterator<Item = &'t mut String>, each: &mut Each<'_>) {
    texts.into_iter().for_each(each);
}

fn input(of: &mut Input, each: &mut Each<'_>) {
    let Input {
        path,
        format: _,
        envelope: _,
        bytes: _,
        records: _,
        continuations: _,
        unparsed: _,
        first,
        last,
        host,
        zone: Zone { name, offset_s: _, how: _, reason },
        duplicate_of,
        sha256: _, // of the file as it is, which tells nothing of what is in it
        problem,
        samples,
    } = of;
    each(path);
    for text in [first, last, host, duplicate_of, problem] {
        all(text, each);
    }
    each(name);
    each(reason);
    all(samples.iter_mut().map(|(_, text)| text), each);
}

fn incident(of: &mut Incident, each: &mut Each<'_>) {
    let Incident {
        id,
        title,
        start,
        end,
        ongoing: _,
        duration_s: _,
        start_error_s: _,
        end_error_s: _,
        services,
        cause,
        hypotheses,
        impact,
        marks,
        timeline,
        series,
        assumptions,
    } = of;
    each(id);
    each(title);
    each(start);
    all(end, each);
    for Service { name, role: _ } in services {
        each(name);
    }
    hypothesis(cause, each);
    hypotheses.iter_mut().for_each(|of| hypothesis(of, each));
    let Impact { requests: _, clients: _, worst_minute, day: _, layer, statement } = impact;
    all(worst_minute.as_mut().map(|of| &mut of.time), each);
    all(layer, each);
    each(statement);
    let Marks { trigger, impact_start, detected, mitigated, ended, verified } = marks;
    for Mark { time, text, evidence } in
        [trigger, impact_start, detected, mitigated, ended, verified].into_iter().flatten()
    {
        each(time);
        each(text);
        lines(evidence, each);
    }
    timeline.iter_mut().for_each(|of| item(of, each));
    if let Some(Series { step_s: _, start, requests: _, failed: _, missed: _ }) = series {
        each(start);
    }
    all(assumptions, each);
}

fn hypothesis(of: &mut Hypothesis, each: &mut Each<'_>) {
    let Hypothesis {
        id,
        kind: _,
        service,
        address,
        port: _,
        errno: _,
        holder,
        probability: _,
        confidence: _,
        summary,
        evidence_for,
        evidence_against,
    } = of;
    each(id);
    all(service, each);
    all(address, each);
    if let Some(Holder { kind: _, name, service, image, pid: _, since, until }) = holder {
        for text in [name, service, image, since, until] {
            all(text, each);
        }
    }
    each(summary);
    for Reason { text, evidence } in evidence_for.iter_mut().chain(evidence_against) {
        each(text);
        lines(evidence, each);
    }
}

fn item(of: &mut Item, each: &mut Each<'_>) {
    let Item { time, end, kind: _, service, host, count: _, text, source: _, effect: _, evidence, at: _ } = of;
    each(time);
    for text in [end, service, host] {
        all(text, each);
    }
    each(text);
    lines(evidence, each);
}

fn waiting(of: &mut Latent, each: &mut Each<'_>) {
    let Latent { kind: _, service, address, port: _, text, command, evidence } = of;
    all(service, each);
    all(address, each);
    each(text);
    each(command);
    lines(evidence, each);
}

fn explanation(of: &mut Explanation, each: &mut Each<'_>) {
    let Explanation { id, what, rule, inputs, arithmetic } = of;
    each(id);
    each(what);
    each(rule);
    for Fact { text, lines: shown } in inputs {
        each(text);
        lines(shown, each);
    }
    all(arithmetic, each);
}

fn lines(of: &mut [Evidence], each: &mut Each<'_>) {
    for Evidence { file, line: _, offset: _, text } in of {
        each(file);
        each(text);
    }
}

/// The names that the report gives to services, containers, images and hosts.
pub(super) fn names(report: &Report) -> BTreeSet<String> {
    let mut names: Vec<Option<&String>> = report.inputs.iter().map(|input| input.host.as_ref()).collect();
    for incident in &report.incidents {
        names.extend(incident.services.iter().map(|service| Some(&service.name)));
        names.extend(incident.timeline.iter().flat_map(|item| [item.service.as_ref(), item.host.as_ref()]));
        names.push(incident.impact.layer.as_ref());
        for hypothesis in incident.hypotheses.iter().chain([&incident.cause]) {
            names.push(hypothesis.service.as_ref());
            let holder = hypothesis.holder.as_ref();
            names.extend(holder.map(|of| [&of.name, &of.service, &of.image].map(Option::as_ref)).into_iter().flatten());
        }
    }
    names.extend(report.latent.iter().map(|latent| latent.service.as_ref()));
    names.into_iter().flatten().cloned().collect()
}
